import { EspalierError } from "@espalier/core";
import type { JsonNode } from "../pretrained/json-node.ts";
import { bytePair } from "./byte-pair.ts";
import type { TokenModel } from "./token-model.ts";
import { unigram } from "./unigram.ts";
import { wordPiece } from "./word-piece.ts";

/** A model and the ids of its vocabulary. */
export interface CompiledModel {
  readonly model: TokenModel;
  readonly vocabulary: ReadonlyMap<string, number>;
}

/**
 * Builds the `model` of a tokenizer.json.
 * @throws {EspalierError} UNSUPPORTED for an unknown type; FILE_INVALID for bad values, an unknown token that is not in the
 *   vocabulary, or a merge of tokens that are not
 */
export function compileModel(node: JsonNode): CompiledModel {
  const type = node.get("type").string();
  const build = Object.hasOwn(BUILDERS, type) ? BUILDERS[type] : undefined;
  if (build === undefined) {
    throw new EspalierError("UNSUPPORTED", `${node.place}: unknown model type "${type}"`);
  }
  return build(node);
}

const BUILDERS: Readonly<Record<string, (node: JsonNode) => CompiledModel>> = {
  WordPiece(node) {
    const vocabulary = readVocabulary(node.get("vocab"));
    const longest = node.get("max_input_chars_per_word");
    const model = wordPiece({
      vocabulary,
      unknownId: idOf(node.get("unk_token"), vocabulary),
      continuingPrefix: node.get("continuing_subword_prefix").string("##"),
      maxCodePoints: longest.exists ? longest.count() : 100,
    });
    return { model, vocabulary };
  },
  BPE(node) {
    const vocabulary = readVocabulary(node.get("vocab"));
    const continuingPrefix = node.get("continuing_subword_prefix").string("");
    const unknown = node.get("unk_token");
    const model = bytePair({
      vocabulary,
      merges: readMerges(node.get("merges"), { vocabulary, continuingPrefix }),
      unknownId: unknown.exists ? idOf(unknown, vocabulary) : undefined,
      fuseUnknown: node.get("fuse_unk").boolean(false),
      byteFallback: node.get("byte_fallback").boolean(false),
      ignoreMerges: node.get("ignore_merges").boolean(false),
      continuingPrefix,
      endOfWordSuffix: node.get("end_of_word_suffix").string(""),
    });
    return { model, vocabulary };
  },
  Unigram(node) {
    const pieces = readPieces(node.get("vocab"));
    const unknown = node.get("unk_id");
    if (!unknown.exists || unknown.count() >= pieces.length) {
      throw new EspalierError(
        "FILE_INVALID",
        `${unknown.place}: expected the id of one of ${pieces.length} pieces, got ${unknown.value}`,
      );
    }
    const byteFallback = node.get("byte_fallback").boolean(false);
    const model = unigram({ pieces, unknownId: unknown.count(), byteFallback });
    return { model, vocabulary: new Map(pieces.map(([piece], id) => [piece, id])) };
  },
  WordLevel(node) {
    const vocabulary = readVocabulary(node.get("vocab"));
    const unknown = [idOf(node.get("unk_token"), vocabulary)];
    const tokenize = (word: string): readonly number[] => {
      const id = vocabulary.get(word);
      return id === undefined ? unknown : [id];
    };
    return { model: { tokenize }, vocabulary };
  },
};

function readVocabulary(node: JsonNode): Map<string, number> {
  const vocabulary = new Map<string, number>();
  for (const [token, id] of Object.entries(node.object())) {
    if (!Number.isInteger(id) || (id as number) < 0) {
      throw new EspalierError(
        "FILE_INVALID",
        `${node.place}: token "${token}" has the id ${JSON.stringify(id)}, expected a whole number from 0`,
      );
    }
    vocabulary.set(token, id as number);
  }
  if (vocabulary.size === 0) throw new EspalierError("FILE_INVALID", `${node.place}: is empty`);
  return vocabulary;
}

function idOf(token: JsonNode, vocabulary: ReadonlyMap<string, number>): number {
  const name = token.string();
  const id = vocabulary.get(name);
  if (id === undefined) {
    throw new EspalierError("FILE_INVALID", `${token.place}: "${name}" is not in the vocabulary`);
  }
  return id;
}

function readMerges(
  node: JsonNode,
  {
    vocabulary,
    continuingPrefix,
  }: { readonly vocabulary: ReadonlyMap<string, number>; readonly continuingPrefix: string },
): Array<readonly [string, string]> {
  const merges = (node.value ?? []) as Array<readonly [string, string]>;
  for (const [i, [left, right]] of merges.entries()) {
    const merged = left + right.slice(continuingPrefix.length);
    const missing = [left, right, merged].find((token) => !vocabulary.has(token));
    if (missing !== undefined) {
      throw new EspalierError(
        "FILE_INVALID",
        `${node.place}[${i}]: merge "${left} ${right}" needs the token "${missing}", which is not in the vocabulary`,
      );
    }
  }
  return merges;
}

function readPieces(node: JsonNode): Array<readonly [string, number]> {
  if (!Array.isArray(node.value) || node.value.length === 0) {
    throw new EspalierError("FILE_INVALID", `${node.place}: expected a list of [piece, score]`);
  }
  for (const [i, entry] of node.value.entries()) {
    if (!Array.isArray(entry) || typeof entry[0] !== "string" || typeof entry[1] !== "number") {
      throw new EspalierError(
        "FILE_INVALID",
        `${node.place}[${i}]: expected [piece, score], got ${JSON.stringify(entry)}`,
      );
    }
  }
  return node.value;
}
