import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EspalierError } from "@espalier/core";
import { type JsonNode, jsonNode } from "./json-node.ts";
import { definitionFromVocabulary } from "./vocabulary-file.ts";

/** What a directory says about its tokenizer. */
export interface TokenizerFiles {
  readonly directory: string;
  /** tokenizer.json; made from vocab.txt where there is only that. */
  readonly definition: JsonNode;
  /** tokenizer_config.json, empty where there is none. */
  readonly config: JsonNode;
  /** special_tokens_map.json, empty where there is none. */
  readonly specialTokens: JsonNode;
  /** Whether tokenizer.json and tokenizer_config.json both are in the directory. */
  readonly complete: boolean;
  /** The files of a saved copy, unchanged. */
  readonly saved: ReadonlyArray<{ readonly name: string; readonly bytes: Uint8Array }>;
}

const DEFINITION = "tokenizer.json";
const CONFIG = "tokenizer_config.json";
const SPECIAL_TOKENS = "special_tokens_map.json";
const VOCABULARY = "vocab.txt";

/**
 * Reads the tokenizer files of a directory.
 * @throws {EspalierError} FILE_NOT_FOUND without tokenizer.json and vocab.txt, FILE_INVALID for a file that cannot be read or
 *   is no JSON object
 */
export async function readTokenizerFiles(directory: string): Promise<TokenizerFiles> {
  const names = [DEFINITION, CONFIG, SPECIAL_TOKENS, VOCABULARY];
  const found = await Promise.all(names.map((name) => readIfThere(join(directory, name))));
  const bytes = new Map<string, Uint8Array>();
  for (const [i, content] of found.entries()) {
    if (content !== undefined) bytes.set(names[i] as string, content);
  }
  const json = (name: string): JsonNode => {
    const content = bytes.get(name);
    return content === undefined
      ? jsonNode({}, join(directory, name))
      : parseObject(content, join(directory, name));
  };
  const config = json(CONFIG);
  const saved = [...bytes].map(([name, content]) => ({ name, bytes: content }));
  const common = { directory, config, specialTokens: json(SPECIAL_TOKENS) };
  if (bytes.has(DEFINITION)) {
    return { ...common, definition: json(DEFINITION), complete: bytes.has(CONFIG), saved };
  }
  const vocabulary = bytes.get(VOCABULARY);
  if (vocabulary === undefined) {
    throw new EspalierError(
      "FILE_NOT_FOUND",
      `${join(directory, DEFINITION)}: no such file, and no ${VOCABULARY} either`,
    );
  }
  const place = join(directory, VOCABULARY);
  const definition = definitionFromVocabulary(decode(vocabulary, place), { config, place });
  const made = new TextEncoder().encode(`${JSON.stringify(definition, null, 2)}\n`);
  return {
    ...common,
    definition: jsonNode(definition, place),
    complete: false,
    saved: [{ name: DEFINITION, bytes: made }, ...saved],
  };
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new EspalierError("FILE_INVALID", `${path}: cannot be read (${code})`, { cause });
  }
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new EspalierError("FILE_INVALID", `${path}: not UTF-8`, { cause });
  }
}

function parseObject(bytes: Uint8Array, path: string): JsonNode {
  let value: unknown;
  try {
    value = JSON.parse(decode(bytes, path));
  } catch (cause) {
    if (EspalierError.isInstance(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EspalierError("FILE_INVALID", `${path}: not JSON: ${reason}`, { cause });
  }
  const node = jsonNode(value, path);
  node.object();
  return node;
}
