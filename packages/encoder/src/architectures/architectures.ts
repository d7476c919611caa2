import { EspalierError } from "@espalier/core";
import type { Architecture } from "./architecture.ts";
import { bert, roberta, xlmRoberta } from "./bert.ts";
import { distilbert } from "./distilbert.ts";
import { modernbert } from "./modernbert.ts";
import { mpnet } from "./mpnet.ts";
import { useLite } from "./use-lite.ts";

/** Every architecture there is, by `model_type`. */
const ARCHITECTURES: Readonly<Record<string, (config: unknown, place: string) => Architecture>> = {
  bert,
  distilbert,
  modernbert,
  mpnet,
  roberta,
  "xlm-roberta": xlmRoberta,
  "use-lite": useLite,
};

/**
 * The architecture a config.json describes.
 * @param place the file, for messages
 * @throws {EspalierError} UNSUPPORTED for an unknown `model_type`, CONFIG_INVALID for bad sizes
 */
export function architectureOf(
  config: { readonly model_type: string },
  place: string,
): Architecture {
  const build = Object.hasOwn(ARCHITECTURES, config.model_type)
    ? ARCHITECTURES[config.model_type]
    : undefined;
  if (build === undefined) {
    const known = Object.keys(ARCHITECTURES);
    throw new EspalierError(
      "UNSUPPORTED",
      `${place}: model_type "${config.model_type}" is not supported; supported are ${known.join(", ")}`,
    );
  }
  return build(config, place);
}
