import type { DenseModule, Safetensors, SafetensorsTensor, TfjsTensor } from "@espalier/checkpoint";
import { EspalierError } from "@espalier/core";
import { USE_LITE_CONFIG } from "./architectures/use-lite.ts";

/** The weights of the published TensorFlow.js graph. */
export interface UseLiteGraph {
  /** Its model.json, for messages. */
  readonly file: string;
  readonly tensors: ReadonlyMap<string, TfjsTensor>;
}

/**
 * The encoder's weights under the names of `useLite`, matrices turned from the graph's `[in, out]` to `[out, in]`.
 * @throws {EspalierError} FILE_INVALID naming a tensor that the graph lacks
 */
export function useLiteWeights(graph: UseLiteGraph): Safetensors {
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [name, source] of sources()) tensors.set(name, readMatrix(graph, source));
  return { file: graph.file, tensors, metadata: {} };
}

/** The tanh layer behind the pooling. @param width of its input and output */
export function useLiteDense(graph: UseLiteGraph, width: number): DenseModule {
  const layer = "module/Encoder_en/hidden_layers/tanh_layer_0";
  return {
    kind: "Dense",
    inputSize: width,
    outputSize: width,
    activation: "tanh",
    weight: readMatrix(graph, `${layer}/weights`).data,
    bias: readMatrix(graph, `${layer}/bias`).data,
  };
}

/** Our names → names in the graph. */
function sources(): Map<string, string> {
  const found = new Map([["embeddings.word_embeddings.weight", "module/Embeddings_en"]]);
  for (let layer = 0; layer < USE_LITE_CONFIG.num_hidden_layers; layer++) {
    const at = `KonaTransformer/Encode/Layer_${layer}/TransformerLayer`;
    const stack = `KonaTransformer/Encode/TransformerStack/Layer_${layer}/TransformerLayer`;
    const applied = (path: string) => `module_apply_default/Encoder_en/${path}`;
    const whole = (path: string) => applied(`${at}/${path}/ConcatPartitions/concat`);
    const norm = "layer_prepostprocess/layer_norm/layer_norm";
    const kernel = (part: string) =>
      `module/Encoder_en/${at}/MultiheadAttention/${part}_transform_single/kernel/part_0`;
    const folded = (part: string) => applied(`${stack}/FFN/${part}/Tensordot/Reshape_1`);
    const layerSources = {
      "attention_norm.weight": whole(`${norm}_scale`),
      "attention_norm.bias": whole(`${norm}_bias`),
      "attention.qkv.weight": kernel("qkv"),
      "attention.qkv.bias": whole("MultiheadAttention/qkv_transform_single/bias"),
      "attention.output.weight": kernel("output"),
      "attention.output.bias": whole("MultiheadAttention/output_transform_single/bias"),
      "ffn_norm.weight": whole(`FFN/${norm}_scale`),
      "ffn_norm.bias": whole(`FFN/${norm}_bias`),
      "ffn.up.weight": folded("conv1"),
      "ffn.up.bias": whole("FFN/conv1/bias"),
      "ffn.down.weight": folded("conv2"),
      "ffn.down.bias": whole("FFN/conv2/bias"),
      ...(layer === 0
        ? { "residual.weight": whole("dense/kernel"), "residual.bias": whole("dense/bias") }
        : {}),
    };
    for (const [name, source] of Object.entries(layerSources))
      found.set(`encoder.layer.${layer}.${name}`, source);
  }
  return found;
}

/** A vector or the embedding table as it is, any other matrix transposed. */
function readMatrix(
  { file, tensors }: UseLiteGraph,
  name: string,
): Extract<SafetensorsTensor, { dtype: "F32" }> {
  const tensor = tensors.get(name);
  if (tensor?.dtype !== "float32")
    throw new EspalierError(
      "FILE_INVALID",
      `${file}: float32 tensor ${JSON.stringify(name)} is missing`,
    );
  const { data } = tensor;
  const shape = tensor.shape.slice(-2); // convolutions of size 1 have two axes more
  const [rows = 0, columns] = shape;
  if (columns === undefined || name === "module/Embeddings_en")
    return { dtype: "F32", shape, data: data.slice() };
  return { dtype: "F32", shape: [columns, rows], data: transpose(data, rows, columns) };
}

function transpose(data: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = data[row * columns + column] as number;
  return turned;
}
