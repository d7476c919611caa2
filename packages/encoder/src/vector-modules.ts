import type { DenseActivation, VectorModule } from "@espalier/checkpoint";
import { EspalierError } from "@espalier/core";
import { gelu, layerNorm, linear } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { SMALLEST_NORM } from "./normalize-vectors.ts";
import type { ParameterStore } from "./parameter-store.ts";

/** A module behind the pooling, its numbers in the parameter store under `<index>_<kind>`. */
export type VectorStage =
  | {
      readonly kind: "Dense";
      readonly name: string;
      readonly activation: DenseActivation;
      readonly inputSize: number;
      readonly outputSize: number;
      readonly hasBias: boolean;
    }
  | { readonly kind: "LayerNorm"; readonly name: string; readonly dimension: number }
  | { readonly kind: "Normalize" };

/** torch.nn.LayerNorm's default, which sentence-transformers uses. */
const LAYER_NORM_EPSILON = 1e-5;

/**
 * Moves the weights of the modules into the store, group `pooler`: `2_Dense.linear.weight`, `3_LayerNorm.norm.bias` …, the
 * folder and the name they have in a saved model.
 * @param modules  in order; the first one's index is 2, after Transformer and Pooling
 * @param pooled   size of the vector that the pooling gives
 * @throws {EspalierError} SHAPE_MISMATCH when a module takes vectors of another size
 */
export function addVectorModules(
  parameters: ParameterStore,
  modules: readonly VectorModule[],
  pooled: number,
): VectorStage[] {
  let size = pooled;
  return modules.map((module, i): VectorStage => {
    if (module.kind === "Normalize") return { kind: "Normalize" };
    const name = `${i + 2}_${module.kind}`;
    const takes = module.kind === "Dense" ? module.inputSize : module.dimension;
    if (takes !== size)
      throw new EspalierError(
        "SHAPE_MISMATCH",
        `${name} takes vectors of size ${takes}, but what is before it gives ${size}`,
      );
    if (module.kind === "LayerNorm") {
      add(parameters, `${name}.norm.weight`, { shape: [size], data: module.weight });
      add(parameters, `${name}.norm.bias`, { shape: [size], data: module.bias });
      return { kind: "LayerNorm", name, dimension: size };
    }
    const { inputSize, outputSize, activation, weight, bias } = module;
    add(parameters, `${name}.linear.weight`, { shape: [outputSize, inputSize], data: weight });
    if (bias !== undefined)
      add(parameters, `${name}.linear.bias`, { shape: [outputSize], data: bias });
    size = outputSize;
    const hasBias = bias !== undefined;
    return { kind: "Dense", name, activation, inputSize, outputSize, hasBias };
  });
}

function add(
  parameters: ParameterStore,
  name: string,
  values: { shape: readonly number[]; data: Float32Array },
): void {
  parameters.add({ name, group: "pooler" }, values);
}

/** The modules with their present weights, as they are saved. */
export async function vectorModulesOf(
  parameters: ParameterStore,
  stages: readonly VectorStage[],
): Promise<VectorModule[]> {
  return Promise.all(stages.map((stage) => vectorModuleOf(parameters, stage)));
}

async function vectorModuleOf(
  parameters: ParameterStore,
  stage: VectorStage,
): Promise<VectorModule> {
  switch (stage.kind) {
    case "Normalize":
      return stage;
    case "LayerNorm": {
      const weight = await parameters.values(`${stage.name}.norm.weight`);
      const bias = await parameters.values(`${stage.name}.norm.bias`);
      return { kind: "LayerNorm", dimension: stage.dimension, weight, bias };
    }
    case "Dense": {
      const { kind, name, activation, inputSize, outputSize, hasBias } = stage;
      const weight = await parameters.values(`${name}.linear.weight`);
      const module = { kind, activation, inputSize, outputSize, weight };
      return hasBias ? { ...module, bias: await parameters.values(`${name}.linear.bias`) } : module;
    }
  }
}

/** Applies the modules in order. @param vectors float32 `[B, ·]` @returns float32 `[B, dimension]` */
export function applyVectorModules(
  vectors: tf.Tensor2D,
  parameters: ParameterStore,
  stages: readonly VectorStage[],
): tf.Tensor2D {
  return stages.reduce((x, stage) => applyStage(x, parameters, stage), vectors);
}

function applyStage(x: tf.Tensor2D, parameters: ParameterStore, stage: VectorStage): tf.Tensor2D {
  const vector = (name: string) => parameters.get(name) as unknown as tf.Tensor1D;
  switch (stage.kind) {
    case "Normalize":
      return normalizeRows(x);
    case "LayerNorm": {
      const name = `${stage.name}.norm`;
      return layerNorm(x, vector(`${name}.weight`), vector(`${name}.bias`), LAYER_NORM_EPSILON);
    }
    case "Dense": {
      const name = `${stage.name}.linear`;
      const weight = parameters.get(`${name}.weight`) as unknown as tf.Tensor2D;
      return activate(
        linear(x, weight, stage.hasBias ? vector(`${name}.bias`) : undefined),
        stage.activation,
      );
    }
  }
}

function activate(x: tf.Tensor2D, activation: DenseActivation): tf.Tensor2D {
  switch (activation) {
    case "identity":
      return x;
    case "tanh":
      return tf.tanh(x);
    case "relu":
      return tf.relu(x);
    case "gelu":
      return gelu(x, "erf");
    case "sigmoid":
      return tf.sigmoid(x);
  }
}

/** Each row divided by its L2 norm; the zero vector stays zero, with a gradient that is finite. */
function normalizeRows(x: tf.Tensor2D): tf.Tensor2D {
  const squares = tf.sum(tf.square(x), 1, true); // [B, 1]
  return tf.mul(x, tf.rsqrt(tf.maximum(squares, SMALLEST_NORM ** 2)));
}
