import { type ReadTextsOptions, readTexts, type TextInput } from "@espalier/data";

/** How many texts are worked on at a time: enough for full batches of like length, little in memory. */
const CHUNK = 1024;

/** The texts of a file or of standard input in chunks, in order. @param path default `-`, standard input */
export async function* readTextChunks(
  path: string | undefined,
  options: ReadTextsOptions,
): AsyncGenerator<TextInput[]> {
  let chunk: TextInput[] = [];
  for await (const text of readTexts(path ?? "-", options)) {
    chunk.push(text);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** The `--text` option of predict and embed as `readTexts` takes it: a column, or `first,second`. */
export function textOption(column: string | undefined): Pick<ReadTextsOptions, "text"> {
  if (column === undefined) return {};
  const [first, second] = column.split(",");
  return { text: second === undefined ? (first as string) : [first as string, second] };
}
