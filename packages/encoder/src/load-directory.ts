import { join } from "node:path";
import {
  type PoolingMode,
  type PoolingModule,
  readFloat32,
  readModelDirectory,
  readWeights,
} from "@espalier/checkpoint";
import { loadTokenizer } from "@espalier/tokenizer";
import { architectureOf } from "./architectures/architectures.ts";
import { fillParameters, type SourceTensor } from "./fill-parameters.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { addVectorModules } from "./vector-modules.ts";

/** What a caller may decide about a model that a directory leaves open or says otherwise. */
export interface DirectoryOptions {
  /** Instead of the directory's own pooling; for a plain checkpoint the default is mean. */
  readonly pooling?: PoolingMode | undefined;
  readonly maxLengthTokens?: number | undefined;
}

/**
 * Reads a sentence-transformers directory or a plain Hugging Face checkpoint.
 * @throws {EspalierError} as `readModelDirectory`, `readWeights`, `loadTokenizer`; UNSUPPORTED for an architecture that is
 *   not implemented, FILE_INVALID for weights that do not fit config.json
 */
export async function loadDirectory(
  directory: string,
  options: DirectoryOptions = {},
): Promise<LoadedModel> {
  const model = await readModelDirectory(directory);
  const place = join(model.transformerDirectory, "config.json");
  const architecture = architectureOf(model.config, place);
  const limit = options.maxLengthTokens ?? model.maxLengthTokens ?? architecture.maxPositions;
  const maxLengthTokens = Math.min(limit, architecture.maxPositions);
  const tokenizer = await loadTokenizer(model.transformerDirectory, { maxLengthTokens });
  const weights = await readWeights(model.transformerDirectory);
  const tensors = new Map<string, SourceTensor>(
    [...weights.tensors].map(([name, tensor]) => [
      name,
      { shape: tensor.shape, read: () => readFloat32(weights, name) },
    ]),
  );
  const { parameters, kept } = fillParameters(architecture, tensors, model.transformerDirectory);
  const pooling: PoolingModule =
    options.pooling === undefined ? model.pooling : { ...model.pooling, modes: [options.pooling] };
  return {
    name: directory,
    config: model.config,
    architecture,
    parameters,
    pooling,
    stages: addVectorModules(parameters, model.vectorModules),
    tokenizer,
    settings: model,
    maxLengthTokens,
    doLowerCase: model.sentenceConfig.doLowerCase,
    kept,
  };
}
