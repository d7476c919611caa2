import type { TextInput } from "@espalier/data";
import type { SentenceTransformer } from "@espalier/encoder";
import type { PlanFacts } from "./step-plan.ts";
import { buildTextTable, usedIds } from "./text-table.ts";

/** What planning wants to know of texts: how many different ones, their tokens, the rows of the word table they use. */
export function textFacts(
  encoder: Pick<SentenceTransformer, "tokenize">,
  texts: readonly TextInput[],
): Required<Pick<PlanFacts, "texts" | "tokens" | "activeRows">> {
  const builder = buildTextTable(encoder);
  const places = builder.add(texts);
  const table = builder.build();
  return {
    texts: table.encodings.length,
    tokens: table.tokens,
    activeRows: usedIds(table, places).length,
  };
}
