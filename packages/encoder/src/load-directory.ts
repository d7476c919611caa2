import { join } from "node:path";
import { readModelDirectory, readWeights } from "@espalier/checkpoint";
import { loadTokenizer } from "@espalier/tokenizer";
import { architectureOf } from "./architectures/architectures.ts";
import { fillParameters } from "./fill-parameters.ts";
import {
  chooseMaxLength,
  choosePooling,
  chooseTruncation,
  type ModelOptions,
} from "./load-options.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { addVectorModules } from "./vector-modules.ts";
import { vectorSize } from "./vector-size.ts";

/**
 * Reads a sentence-transformers directory or a plain Hugging Face checkpoint.
 * @throws {EspalierError} as `readModelDirectory`, `readWeights` and `loadTokenizer`; UNSUPPORTED for an architecture that
 *   is not implemented, CONFIG_INVALID for bad fields, FILE_INVALID for weights that do not fit config.json
 */
export async function loadDirectory(
  directory: string,
  options: ModelOptions = {},
): Promise<LoadedModel> {
  const model = await readModelDirectory(directory);
  const place = join(model.transformerDirectory, "config.json");
  const architecture = architectureOf(model.config, place);
  const pooling = choosePooling(model.pooling, options);
  const own = { maxLengthTokens: model.maxLengthTokens, place: directory };
  const maxLengthTokens = chooseMaxLength(options, own, architecture.maxPositions);
  const tokenizer = await loadTokenizer(model.transformerDirectory, { maxLengthTokens });
  const weights = await readWeights(model.transformerDirectory);
  const { parameters, kept } = fillParameters(architecture, weights);
  try {
    const pooled = pooling.dimension * pooling.modes.length;
    const stages = addVectorModules(parameters, model.vectorModules, pooled);
    const truncateDimension = chooseTruncation(
      model.truncateDimension,
      options,
      vectorSize(pooling, stages),
    );
    const { prompts, defaultPromptName, similarity } = model;
    return {
      config: model.config,
      wholeFloats: model.wholeFloats,
      architecture,
      parameters,
      pooling,
      stages,
      tokenizer,
      settings: {
        prompts,
        similarity,
        ...(defaultPromptName === undefined ? {} : { defaultPromptName }),
        ...(truncateDimension === undefined ? {} : { truncateDimension }),
      },
      maxLengthTokens,
      doLowerCase: model.sentenceConfig.doLowerCase,
      kept,
    };
  } catch (error) {
    parameters.dispose();
    throw error;
  }
}
