import { EspalierError } from "@espalier/core";
import type { SentenceTransformer } from "@espalier/encoder";
import { type AttributeSpec, encodeModel } from "@espalier/onnx";
import { LAYER_NAMES, type LayerNames } from "../workloads/layer-names.ts";
import { type GraphBuilder, graphBuilder } from "./onnx-graph.ts";

/** Of the published exports: ONNX Runtime fuses attention in no later one without help. */
const OPSET = 11;
/** Added to the scores of padding: the least float32, as in published exports. */
const MASKED = -3.4028234663852886e38;
/** Both architectures' default. */
const EPSILON = 1e-12;

/**
 * A BERT or DistilBERT as the ONNX file that transformers.js and onnxruntime run: `input_ids`, `attention_mask` and
 * (BERT) `token_type_ids` int64 `[batch, sequence]` to `last_hidden_state` float32 `[batch, sequence, D]`. Its nodes
 * are those of PyTorch's exporter, which ONNX Runtime fuses when it loads them.
 * @throws {EspalierError} UNSUPPORTED for any other architecture
 */
export async function exportOnnx(model: SentenceTransformer): Promise<Uint8Array> {
  const { modelType } = model;
  if (modelType !== "bert" && modelType !== "distilbert")
    throw new EspalierError(
      "UNSUPPORTED",
      `no ONNX export of ${modelType}, only of bert and distilbert`,
    );
  const trunk = await readTrunk(model);
  const names = LAYER_NAMES[modelType];
  const mask = maskOf(trunk.graph);
  let states = embed(trunk, modelType === "bert");
  for (let layer = 0; layer < model.layerCount; layer++)
    states = transformerLayer(trunk, states, { names, mask, layer });
  const integers = (name: string) =>
    ({ name, dtype: "int64", shape: ["batch", "sequence"] }) as const;
  const inputs = ["input_ids", "attention_mask", ...(modelType === "bert" ? [TYPE_IDS] : [])];
  const graph = trunk.graph.finish(inputs.map(integers), {
    of: states,
    as: {
      name: "last_hidden_state",
      dtype: "float32",
      shape: ["batch", "sequence", model.width],
    },
  });
  return encodeModel(graph, { opset: OPSET, irVersion: 8 });
}

const TYPE_IDS = "token_type_ids";

interface Trunk {
  readonly graph: GraphBuilder;
  readonly width: number;
  readonly heads: number;
  readonly positions: number;
  readonly epsilon: number;
  /** The constant of a parameter as it is. */
  weight(name: string): string;
  /** `x · Wᵀ + b` */
  linear(x: string, name: string): string;
  norm(x: string, name: string): string;
}

async function readTrunk(model: SentenceTransformer): Promise<Trunk> {
  const { parameters, width, config } = model;
  const graph = graphBuilder();
  const values = new Map<string, Float32Array>();
  for (const name of parameters.names()) values.set(name, await parameters.values(name));
  const read = (name: string): { data: Float32Array; shape: number[] } => ({
    data: values.get(name) as Float32Array,
    shape: parameters.get(name).shape,
  });
  const weight = (name: string): string => {
    const { data, shape } = read(name);
    return graph.floats(data, shape);
  };
  const epsilon = Number(config.layer_norm_eps ?? EPSILON);
  return {
    graph,
    width,
    epsilon,
    heads: Number(config.num_attention_heads ?? config.n_heads),
    positions: Number(config.max_position_embeddings),
    weight,
    linear(x, name) {
      const { data, shape } = read(`${name}.weight`);
      const [rows = 0, columns = 0] = shape;
      const product = graph.op("MatMul", [
        x,
        graph.floats(transposed(data, rows, columns), [columns, rows]),
      ]);
      return graph.op("Add", [product, weight(`${name}.bias`)]);
    },
    norm: (x, name) =>
      graph.op("LayerNormalization", [x, weight(`${name}.weight`), weight(`${name}.bias`)], {
        axis: int(-1),
        epsilon: { type: "float", value: epsilon },
      }),
  };
}

function embed({ graph, positions, weight, norm }: Trunk, typed: boolean): string {
  const look = (table: string, ids: string): string =>
    graph.op("Gather", [weight(`embeddings.${table}_embeddings.weight`), ids]);
  const words = look("word", "input_ids");
  const shape = graph.op("Shape", ["input_ids"]);
  const length = graph.op("Slice", [shape, graph.integers(1), graph.integers(2)]);
  const all = graph.integers(...Array(positions).keys());
  const places = graph.op("Slice", [all, graph.integers(0), length]);
  const sum = typed ? graph.op("Add", [words, look("token_type", TYPE_IDS)]) : words;
  return norm(graph.op("Add", [sum, look("position", places)]), "embeddings.LayerNorm");
}

/** float32 `[batch, 1, 1, sequence]`: 0 for tokens, the least number for padding. */
function maskOf(graph: GraphBuilder): string {
  const axis = (at: number) => ({ axes: { type: "ints", value: [at] } }) as const;
  const rows = graph.op("Unsqueeze", ["attention_mask"], axis(1));
  const cells = graph.op("Unsqueeze", [rows], axis(2));
  const real = graph.op("Cast", [cells], { to: int(1) });
  const padding = graph.op("Sub", [graph.floats(Float32Array.of(1), []), real]);
  return graph.op("Mul", [padding, graph.floats(Float32Array.of(MASKED), [])]);
}

function transformerLayer(
  trunk: Trunk,
  states: string,
  { names, mask, layer }: { names: LayerNames; mask: string; layer: number },
): string {
  const { graph, width, heads, linear, norm } = trunk;
  const at = (name: string): string => `${names.prefix}.${layer}.${name}`;
  const perHead = width / heads;
  const split = (name: string, order: readonly number[]): string => {
    const shape = graph.integers(0, 0, heads, perHead);
    const cut = graph.op("Reshape", [linear(states, at(name)), shape]);
    return graph.op("Transpose", [cut], { perm: { type: "ints", value: order } });
  };
  const query = split(names.query, [0, 2, 1, 3]);
  const key = split(names.key, [0, 2, 3, 1]);
  const value = split(names.value, [0, 2, 1, 3]);
  const root = graph.floats(Float32Array.of(Math.sqrt(perHead)), []);
  const scores = graph.op("Div", [graph.op("MatMul", [query, key]), root]);
  const shares = graph.op("Softmax", [graph.op("Add", [scores, mask])], { axis: int(3) });
  const mixed = graph.op("Transpose", [graph.op("MatMul", [shares, value])], {
    perm: { type: "ints", value: [0, 2, 1, 3] },
  });
  const joined = graph.op("Reshape", [mixed, graph.integers(0, 0, width)]);
  const attended = graph.op("Add", [linear(joined, at(names.output)), states]);
  const middle = norm(attended, at(names.attentionNorm));
  const wide = gelu(graph, linear(middle, at(names.up)));
  return norm(graph.op("Add", [linear(wide, at(names.down)), middle]), at(names.outputNorm));
}

function gelu(graph: GraphBuilder, x: string): string {
  const scalar = (value: number): string => graph.floats(Float32Array.of(value), []);
  const error = graph.op("Erf", [graph.op("Div", [x, scalar(Math.SQRT2)])]);
  const gate = graph.op("Add", [error, scalar(1)]);
  return graph.op("Mul", [graph.op("Mul", [x, gate]), scalar(0.5)]);
}

function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = data[row * columns + column] as number;
  return result;
}

function int(value: number): AttributeSpec {
  return { type: "int", value };
}
