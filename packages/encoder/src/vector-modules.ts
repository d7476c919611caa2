import type { DenseActivation, VectorModule } from "@espalier/checkpoint";
import { gelu, layerNorm, linear } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { ParameterStore } from "./parameter-store.ts";

/** A module behind the pooling, its numbers in the parameter store. */
export type VectorStage =
  | {
      readonly kind: "Dense";
      readonly name: string;
      readonly activation: DenseActivation;
      readonly outputSize: number;
    }
  | { readonly kind: "LayerNorm"; readonly name: string }
  | { readonly kind: "Normalize" };

/** torch.nn.LayerNorm's default, which sentence-transformers uses. */
const LAYER_NORM_EPSILON = 1e-5;

/** Moves the weights of the modules into the store; parameters are `<index>_<kind>.weight|bias` in group pooler. */
export function addVectorModules(
  parameters: ParameterStore,
  modules: readonly VectorModule[],
): VectorStage[] {
  return modules.map((module, i) => {
    if (module.kind === "Normalize") return { kind: "Normalize" };
    const name = `${i + 2}_${module.kind}`;
    const shape =
      module.kind === "Dense" ? [module.outputSize, module.inputSize] : [module.dimension];
    parameters.add({ name: `${name}.weight`, group: "pooler" }, { shape, data: module.weight });
    if (module.bias !== undefined)
      parameters.add(
        { name: `${name}.bias`, group: "pooler" },
        { shape: shape.slice(0, 1), data: module.bias },
      );
    return module.kind === "Dense"
      ? { kind: "Dense", name, activation: module.activation, outputSize: module.outputSize }
      : { kind: "LayerNorm", name };
  });
}

/** The modules as checkpoint writes them, with their present weights. */
export async function vectorModulesOf(
  parameters: ParameterStore,
  stages: readonly VectorStage[],
): Promise<VectorModule[]> {
  const modules: VectorModule[] = [];
  for (const stage of stages) {
    if (stage.kind === "Normalize") {
      modules.push({ kind: "Normalize" });
      continue;
    }
    const weight = await parameters.values(`${stage.name}.weight`);
    const bias = parameters.has(`${stage.name}.bias`)
      ? await parameters.values(`${stage.name}.bias`)
      : undefined;
    if (stage.kind === "LayerNorm")
      modules.push({
        kind: "LayerNorm",
        dimension: weight.length,
        weight,
        bias: bias as Float32Array,
      });
    else
      modules.push({
        kind: "Dense",
        inputSize: weight.length / stage.outputSize,
        outputSize: stage.outputSize,
        activation: stage.activation,
        weight,
        ...(bias === undefined ? {} : { bias }),
      });
  }
  return modules;
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
  if (stage.kind === "Normalize") return normalizeRows(x);
  const weight = parameters.get(`${stage.name}.weight`) as unknown;
  const bias = parameters.has(`${stage.name}.bias`)
    ? (parameters.get(`${stage.name}.bias`) as unknown as tf.Tensor1D)
    : undefined;
  if (stage.kind === "LayerNorm")
    return layerNorm(x, weight as tf.Tensor1D, bias as tf.Tensor1D, LAYER_NORM_EPSILON);
  return activate(linear(x, weight as tf.Tensor2D, bias), stage.activation);
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

/** Each row divided by its L2 norm, at least 1e-12 (torch.nn.functional.normalize). */
export function normalizeRows(x: tf.Tensor2D): tf.Tensor2D {
  const norm = tf.sqrt(tf.sum(tf.square(x), 1, true)); // [B, 1]
  return tf.div(x, tf.maximum(norm, 1e-12));
}
