import { EspalierError } from "@espalier/core";
import type { Encoding } from "../encoding.ts";
import type { JsonNode } from "./json-node.ts";

/** How the ids of one text, or of two, become a sequence with its special tokens. */
export interface Template {
  readonly single: readonly TemplatePart[];
  readonly pair: readonly TemplatePart[];
}

/** The ids of a text, or some special tokens. */
export type TemplatePart =
  | { readonly text: "A" | "B"; readonly typeId: number }
  | { readonly ids: readonly number[]; readonly typeId: number };

/** The texts as they are, one after the other. */
const PLAIN: Template = {
  single: [{ text: "A", typeId: 0 }],
  pair: [
    { text: "A", typeId: 0 },
    { text: "B", typeId: 1 },
  ],
};

/**
 * Builds the template of a `post_processor` of a tokenizer.json.
 * @throws {EspalierError} UNSUPPORTED for an unknown type, FILE_INVALID for bad values
 */
export function compileTemplate(node: JsonNode): Template {
  if (!node.exists) return PLAIN;
  const type = node.get("type").string();
  switch (type) {
    case "TemplateProcessing":
      return { single: parts(node, "single"), pair: parts(node, "pair") };
    case "BertProcessing":
      return surrounded(node, { middle: 0, secondTypeId: 1 });
    case "RobertaProcessing":
      return surrounded(node, { middle: 1, secondTypeId: 0 });
    case "ByteLevel":
      return PLAIN;
    case "Sequence": {
      // Of several, only one adds tokens in any published tokenizer; the others trim offsets.
      const steps = node.get("processors").list().map(compileTemplate);
      const adding = steps.filter((step) => step !== PLAIN);
      if (adding.length > 1) {
        throw new EspalierError("UNSUPPORTED", `${node.place}: ${adding.length} steps add tokens`);
      }
      return adding[0] ?? PLAIN;
    }
    default:
      throw new EspalierError(
        "UNSUPPORTED",
        `${node.place}: unknown post-processor type "${type}"`,
      );
  }
}

/** Special tokens that a template adds. */
export function specialTokenCount(parts: readonly TemplatePart[]): number {
  return parts.reduce((sum, part) => sum + ("ids" in part ? part.ids.length : 0), 0);
}

/** Puts the ids of texts into a template. @param texts ids of text A and, for a pair, B */
export function fillTemplate(
  parts: readonly TemplatePart[],
  texts: Readonly<Record<"A" | "B", readonly number[]>>,
): Encoding {
  const idsOf = (part: TemplatePart) => ("ids" in part ? part.ids : texts[part.text]);
  const length = parts.reduce((sum, part) => sum + idsOf(part).length, 0);
  const ids = new Int32Array(length);
  const typeIds = new Uint8Array(length);
  let at = 0;
  let typed = false;
  for (const part of parts) {
    const partIds = idsOf(part);
    ids.set(partIds, at);
    if (part.typeId !== 0 && partIds.length > 0) {
      typeIds.fill(part.typeId, at, at + partIds.length);
      typed = true;
    }
    at += partIds.length;
  }
  return typed ? { ids, typeIds } : { ids };
}

function surrounded(
  node: JsonNode,
  { middle, secondTypeId }: { readonly middle: number; readonly secondTypeId: number },
): Template {
  const start = special(node.get("cls"));
  const end = special(node.get("sep"));
  const first: TemplatePart[] = [
    { ids: [start], typeId: 0 },
    { text: "A", typeId: 0 },
    { ids: [end], typeId: 0 },
  ];
  return {
    single: first,
    pair: [
      ...first,
      { ids: Array.from({ length: middle }, () => end), typeId: secondTypeId },
      { text: "B", typeId: secondTypeId },
      { ids: [end], typeId: secondTypeId },
    ],
  };
}

/** The id of `["[SEP]", 102]`. */
function special(node: JsonNode): number {
  const id = node.list()[1];
  if (id === undefined) {
    throw new EspalierError("FILE_INVALID", `${node.place}: expected [token, id]`);
  }
  return id.count();
}

function parts(node: JsonNode, key: "single" | "pair"): TemplatePart[] {
  return node
    .get(key)
    .list()
    .map((item): TemplatePart => {
      const sequence = item.get("Sequence");
      if (sequence.exists) {
        const text = sequence.get("id").string();
        if (text !== "A" && text !== "B") {
          throw new EspalierError(
            "FILE_INVALID",
            `${sequence.place}: expected A or B, got "${text}"`,
          );
        }
        return { text, typeId: sequence.get("type_id").count() };
      }
      const token = item.get("SpecialToken");
      const name = token.get("id").string();
      const ids = node.get("special_tokens").get(name).get("ids").list();
      return { ids: ids.map((id) => id.count()), typeId: token.get("type_id").count() };
    });
}
