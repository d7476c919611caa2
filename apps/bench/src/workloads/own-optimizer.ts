import { join } from "node:path";
import { readFloat32, readSafetensors, requireTensor } from "@espalier/checkpoint";
import { createAdamW } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { WEIGHT_DECAY } from "./own-step.ts";

/** AdamW over the weights of a model, with gradients that are a tenth of the weights. */
export interface OwnOptimizer {
  readonly parameters: number;
  /** One update of every weight. */
  step(): void;
  /** Global norm of the weights as they are, float64. */
  weightNorm(): Promise<number>;
  dispose(): void;
}

/** Large enough to show in the norm of the weights after few steps. */
export const OPTIMIZER_LEARNING_RATE = 1e-3;
const GRADIENT_SHARE = 0.1;

/** @param directory as `writeModel` made it */
export async function createOwnOptimizer(directory: string): Promise<OwnOptimizer> {
  const file = await readSafetensors(join(directory, "model.safetensors"));
  const gradients: Record<string, tf.Tensor> = {};
  const parameters = [...file.tensors.keys()].map((name) => {
    const values = readFloat32(file, name);
    const shape = [...requireTensor(file, name).shape];
    gradients[name] = tf.tensor(
      values.map((value) => value * GRADIENT_SHARE),
      shape,
    );
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, shape)));
    return { name, variable, weightDecay: WEIGHT_DECAY };
  });
  const optimizer = createAdamW(parameters);
  return {
    parameters: parameters.reduce((sum, { variable }) => sum + variable.size, 0),
    step: () => void optimizer.step(gradients, OPTIMIZER_LEARNING_RATE),
    async weightNorm() {
      let sum = 0;
      for (const { variable } of parameters)
        for (const value of await variable.data<"float32">()) sum += value * value;
      return Math.sqrt(sum);
    },
    dispose() {
      optimizer.dispose();
      tf.dispose([gradients, parameters.map(({ variable }) => variable)]);
    },
  };
}
