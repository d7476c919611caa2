import { join } from "node:path";
import { readFloat32, readSafetensors, requireTensor } from "@espalier/checkpoint";
import { createRng, type Rng } from "@espalier/core";
import {
  type PackedBatch,
  type PackedSizes,
  packedSizes,
  SentenceTransformer,
} from "@espalier/encoder";
import {
  type BatchFeed,
  compileBatches,
  createAdamW,
  crossEntropyLoss,
  disposeGradients,
  fedStream,
  type Gradients,
  gradients,
  linear,
  partOf,
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

interface StepBatch {
  readonly packed: PackedBatch;
  readonly rng: Rng;
  readonly withGradients: boolean;
}

/** Among the outputs, next to the gradients by the names of their parameters. */
const LOSS = "loss";

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
  const compiled = compileBatches(
    (feed: BatchFeed<StepBatch, PackedSizes>, withGradients: boolean) => {
      const loss = (): tf.Scalar => {
        const vectors = encoder.forward(
          partOf(feed, (batch) => batch.packed),
          { training: true, rng: fedStream(feed, (batch) => batch.rng) },
        );
        const losses = Object.entries(data.labels).map(([task, labels]) => {
          const weight = variables[`heads.${task}.weight`] as tf.Tensor2D;
          const bias = variables[`heads.${task}.bias`] as unknown as tf.Tensor1D;
          const targets = partOf(feed, () => labels);
          return crossEntropyLoss(linear(vectors, weight, bias), targets);
        });
        return tf.addN(losses);
      };
      if (!withGradients) return { [LOSS]: loss() };
      const found = gradients(loss, variables);
      return { [LOSS]: found.value, ...found.gradients };
    },
    {
      sizesOf: ({ packed }: StepBatch) => packedSizes(packed),
      wayOf: ({ withGradients }) => withGradients,
    },
  );
  let steps = 0;
  const start = (withGradients: boolean): { loss: tf.Scalar; found: Gradients } => {
    const packed = encoder.collate(data.ids.map((ids) => ({ ids })));
    const rng = createRng(1).fork(steps);
    const { [LOSS]: loss, ...found } = compiled({ packed, rng, withGradients });
    return { loss: loss as tf.Scalar, found };
  };
  const read = async (scalar: tf.Tensor): Promise<number> => {
    const value = (await scalar.data())[0] as number;
    scalar.dispose();
    return value;
  };
  return {
    async run(part) {
      steps++;
      const { loss, found } = start(part !== "forward");
      if (part === "full") optimizer.step(found, LEARNING_RATE, { alsoEvaluate: [loss] });
      const value = await read(loss); // on a lazy engine this evaluates the gradients too
      disposeGradients(found);
      return value;
    },
    async check(part) {
      const { loss, found } = start(part !== "forward");
      if (part === "forward") return { loss: await read(loss) };
      const norm = globalNorm(found);
      const outcome = { loss: await read(loss), gradientNorm: await read(norm) };
      disposeGradients(found);
      return outcome;
    },
    dispose() {
      compiled.dispose();
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
