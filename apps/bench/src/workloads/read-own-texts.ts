import { basename } from "node:path";
import { EspalierError } from "@espalier/core";
import { readTexts } from "@espalier/data";
import type { EncodeWork } from "./encode-work.ts";

/**
 * The distinct texts of a file: a line each, or the text column of JSONL, CSV, TSV and JSON. Distinct, as some
 * programs compute a repeated text once and others do not.
 * @throws {EspalierError} as `readTexts`; DATA_INVALID for pairs of texts, and when there are none
 */
export async function readOwnTexts(path: string): Promise<EncodeWork> {
  const found = new Set<string>();
  for await (const text of readTexts(path)) {
    if (typeof text !== "string")
      throw new EspalierError("DATA_INVALID", `--texts ${path}: has pairs, expected single texts`);
    if (text.trim() !== "") found.add(text);
  }
  if (found.size === 0) throw new EspalierError("DATA_INVALID", `--texts ${path}: has no texts`);
  return { name: basename(path), texts: [...found], oneAtATime: false };
}
