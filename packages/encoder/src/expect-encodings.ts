import { EspalierError } from "@espalier/core";
import type { Encoding } from "@espalier/tokenizer";
import type { Architecture } from "./architectures/architecture.ts";

/**
 * Checks what backends do not: they would read past the tables.
 * @throws {EspalierError} SHAPE_MISMATCH for a text longer than the model's positions, an id past its vocabulary, or a
 *   segment past its table
 */
export function expectEncodings(
  encodings: readonly Encoding[],
  {
    maxPositions,
    vocabularySize,
    segments = Number.POSITIVE_INFINITY,
  }: Pick<Architecture, "maxPositions" | "vocabularySize" | "segments">,
): void {
  for (const [b, { ids, typeIds }] of encodings.entries()) {
    if (ids.length > maxPositions)
      throw new EspalierError(
        "SHAPE_MISMATCH",
        `text ${b} of the batch has ${ids.length} tokens, the model has ${maxPositions} positions`,
      );
    const stranger = ids.find((id) => id < 0 || id >= vocabularySize);
    if (stranger !== undefined)
      throw new EspalierError(
        "SHAPE_MISMATCH",
        `text ${b} of the batch has token id ${stranger}, the model's vocabulary has ${vocabularySize} (vocab_size)`,
      );
    const segment = typeIds?.find((id) => id >= segments);
    if (segment !== undefined)
      throw new EspalierError(
        "SHAPE_MISMATCH",
        `text ${b} of the batch has segment ${segment}, the model has ${segments} (type_vocab_size)`,
      );
  }
}
