import type { JsonNode } from "./json-node.ts";

/**
 * The text of a special token in tokenizer_config.json or special_tokens_map.json, where it stands as a text or as an object
 * with a `content`.
 * @param key `pad_token`, `cls_token`, …
 */
export function specialTokenName(node: JsonNode, key: string): string | undefined {
  const token = node.get(key);
  if (!token.exists) return undefined;
  return typeof token.value === "string" ? token.value : token.get("content").string();
}
