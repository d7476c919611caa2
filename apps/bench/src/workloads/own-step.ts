import { join } from "node:path";
import { readFloat32, readSafetensors, requireTensor } from "@espalier/checkpoint";
import { createRng } from "@espalier/core";
import { SentenceTransformer } from "@espalier/encoder";
import {
  createAdamW,
  disposeGradients,
  type Gradients,
  gradients,
  linear,
  softmaxCrossEntropy,
} from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { LabelledBatch } from "./labelled-batch.ts";

/** How much of a training step: the loss, also its gradients, or also the AdamW update. */
export type StepPart = "forward" | "backward" | "full";

/** What a step computed, to compare it with another program's. */
export interface StepOutcome {
  readonly loss: number;
  /** Global norm of all gradients; a forward has none. */
  readonly gradientNorm?: number;
}

/** A multi-task model with its optimizer, and one batch to train it on. */
export interface OwnStep {
  /** Runs the part to the end and returns the loss. Only `full` changes the weights. */
  run(part: StepPart): Promise<number>;
  /** Runs the part and measures its gradients, which is no part of the work that is timed. */
  check(part: "forward" | "backward"): Promise<StepOutcome>;
  dispose(): void;
}

export const LEARNING_RATE = 2e-5;
export const WEIGHT_DECAY = 0.01;

/**
 * Trunk with cls pooling, a linear head for each task, the sum of their cross entropies.
 * @param directory as `writeModel` made it
 */
export async function createOwnStep(directory: string, data: LabelledBatch): Promise<OwnStep> {
  const encoder = await SentenceTransformer.load(directory, { pooling: "cls" });
  const variables: Record<string, tf.Variable> = {
    ...Object.fromEntries(
      encoder.parameters.entries().map(({ path, variable }) => [path.name, variable]),
    ),
    ...(await readHeads(directory)),
  };
  const optimizer = createAdamW(
    Object.entries(variables).map(([name, variable]) => ({
      name,
      variable,
      weightDecay: variable.rank > 1 ? WEIGHT_DECAY : 0,
    })),
  );
  const tasks = Object.keys(data.labels);
  let steps = 0;
  const loss = (): tf.Scalar => {
    const batch = encoder.collate(data.ids.map((ids) => ({ ids })));
    const vectors = encoder.forward(batch, { training: true, rng: createRng(1).fork(steps) });
    const losses = tasks.map((task) => {
      const weight = variables[`heads.${task}.weight`] as tf.Tensor2D;
      const bias = variables[`heads.${task}.bias`] as unknown as tf.Tensor1D;
      return softmaxCrossEntropy(linear(vectors, weight, bias), data.labels[task] as Int32Array)
        .loss;
    });
    return tf.addN(losses);
  };
  const read = async (scalar: tf.Tensor): Promise<number> => {
    const value = (await scalar.data())[0] as number;
    scalar.dispose();
    return value;
  };
  return {
    async run(part) {
      steps++;
      if (part === "forward") return read(tf.tidy(loss));
      const found = gradients(loss, variables);
      if (part === "full")
        optimizer.step(found.gradients, LEARNING_RATE, { alsoEvaluate: [found.value] });
      const value = await read(found.value); // on a lazy engine this evaluates the gradients too
      disposeGradients(found.gradients);
      return value;
    },
    async check(part) {
      if (part === "forward") return { loss: await read(tf.tidy(loss)) };
      const found = gradients(loss, variables);
      const norm = globalNorm(found.gradients);
      const outcome = { loss: await read(found.value), gradientNorm: await read(norm) };
      disposeGradients(found.gradients);
      return outcome;
    },
    dispose() {
      optimizer.dispose();
      for (const name of Object.keys(variables))
        if (name.startsWith("heads.")) variables[name]?.dispose();
      encoder.dispose();
    },
  };
}

async function readHeads(directory: string): Promise<Record<string, tf.Variable>> {
  const file = await readSafetensors(join(directory, "heads.safetensors"));
  return Object.fromEntries(
    [...file.tensors.keys()].map((name) => [
      name,
      tf.tidy(() =>
        tf.variable(tf.tensor(readFloat32(file, name), [...requireTensor(file, name).shape])),
      ),
    ]),
  );
}

function globalNorm(found: Gradients): tf.Scalar {
  return tf.tidy(() =>
    tf.sqrt(tf.addN(Object.values(found).map((gradient) => tf.sum(tf.square(gradient))))),
  ) as tf.Scalar;
}
