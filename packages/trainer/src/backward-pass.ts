import type { Rng } from "@espalier/core";
import type { ActiveRows, PackedSizes } from "@espalier/encoder";
import { anyLabelled, type Targets } from "@espalier/heads";
import type { MultiTaskModel, Tasks } from "@espalier/model";
import {
  type BatchFeed,
  compileBatches,
  fedStream,
  type Gradients,
  gradients,
  partOf,
} from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { targetSize } from "./target-size.ts";
import type { TrainingBatch } from "./training-session.ts";
import { type SourceBatch, sourceSizes, type VectorSource } from "./vector-source.ts";
import type { TaskWeighting } from "./weighting/task-weighting.ts";

/** float32 scalars; the caller's to read and dispose */
export type TaskLosses = Readonly<Record<string, tf.Scalar>>;

export interface BackwardOptions {
  readonly source: VectorSource;
  /** What is differentiated, by name; everything else is a constant. */
  readonly variables: Readonly<Record<string, tf.Variable>>;
  readonly taskFactors: Readonly<Record<string, number>>;
  /** How the losses, each with its factor, become one. */
  readonly weighting: TaskWeighting;
  /** What is read and differentiated in place of the word table, where that is not the whole. */
  readonly activeRows?: ActiveRows | undefined;
}

/** Losses of batches and the gradients of what they become together, recorded once for each set of tasks that occurs. */
export interface BackwardPass {
  /**
   * One forward serves all tasks; a task without a labelled row, or with factor 0, takes no part, so its head gets no
   * gradient at all.
   * @param options.share factor of the whole loss: 1 over the number of batches of an update
   * @param options.rng   for dropout
   * @param options.weightingRng for the weighting, the same for all batches of an update
   */
  run(
    batch: TrainingBatch,
    options: { readonly share: number; readonly rng: Rng; readonly weightingRng: Rng },
  ): { losses: TaskLosses; gradients: Gradients };
  /** Frees what is recorded. */
  dispose(): void;
}

interface BackwardBatch {
  readonly source: SourceBatch;
  readonly targets: TrainingBatch["targets"];
  readonly rng: Rng;
  /** float32 `[tasks]`, where the weighting has any */
  readonly factors: Float32Array | undefined;
  readonly way: BackwardWay;
}

/** What a recording is for. */
interface BackwardWay {
  readonly tasks: readonly string[];
  readonly share: number;
}

export function createBackwardPass<T extends Tasks>(
  model: MultiTaskModel<T>,
  options: BackwardOptions,
): BackwardPass {
  const { source, taskFactors, weighting } = options;
  const compiled = compileBatches(
    (feed: BatchFeed<BackwardBatch, PackedSizes>, way: BackwardWay) =>
      lossesAndGradients(model, feed, { ...options, ...way }),
    { sizesOf: (batch: BackwardBatch) => sourceSizes(batch.source), wayOf: ({ way }) => way },
  );
  return {
    run({ texts, targets }, { share, rng, weightingRng }) {
      const tasks = Object.keys(targets).filter((task) => {
        const size = targetSize(model.tasks, task);
        return taskFactors[task] !== 0 && anyLabelled(targets[task] as Targets, size);
      });
      if (tasks.length === 0) return { losses: {}, gradients: {} };
      const way = { tasks, share };
      const factors = weighting.factors?.(tasks, weightingRng);
      const batch = { source: source.batch(texts), targets, rng, factors, way };
      const outputs = Object.entries(compiled(batch));
      const losses = outputs.filter(([name]) => name.startsWith(LOSS));
      return {
        losses: Object.fromEntries(
          losses.map(([name, loss]) => [name.slice(LOSS.length), loss as tf.Scalar]),
        ),
        gradients: Object.fromEntries(outputs.filter(([name]) => !name.startsWith(LOSS))),
      };
    },
    dispose: () => compiled.dispose(),
  };
}

/** In front of the names of the losses: no parameter's name begins so. */
const LOSS = "loss of ";

function lossesAndGradients<T extends Tasks>(
  model: MultiTaskModel<T>,
  feed: BatchFeed<BackwardBatch, PackedSizes>,
  options: BackwardOptions & BackwardWay,
): Record<string, tf.Tensor> {
  const { source, variables, taskFactors, weighting, tasks, share, activeRows } = options;
  const rng = fedStream(feed, (batch) => batch.rng);
  const context = { training: true, rng, ...(activeRows === undefined ? {} : { activeRows }) };
  const kept: Record<string, tf.Scalar> = {};
  try {
    const found = gradients(() => {
      const texts = partOf(feed, (batch) => batch.source);
      const logits = model.logitsFrom(source.vectors(texts, context), context);
      const targets = tasks.map((task) => [
        task,
        partOf(feed, (batch) => batch.targets[task] as Targets),
      ]);
      const losses = model.losses(logits, Object.fromEntries(targets));
      const weighted = Object.entries<tf.Scalar>(losses as Record<string, tf.Scalar>).map(
        ([task, loss]) => {
          kept[task] = tf.keep(loss);
          return [task, tf.mul(loss, taskFactors[task] ?? 1) as tf.Scalar] as const;
        },
      );
      const factors =
        weighting.factors &&
        feed.array<tf.Rank.R1>("float32", [tasks.length], (batch) => batch.factors as Float32Array);
      return tf.mul(weighting.combine(Object.fromEntries(weighted), factors), share);
    }, variables);
    found.value.dispose();
    // What is kept outlives the recording, its clones do not.
    const losses = tasks.map((task) => [LOSS + task, tf.clone(kept[task] as tf.Scalar)]);
    return { ...found.gradients, ...Object.fromEntries(losses) };
  } finally {
    tf.dispose(Object.values(kept));
  }
}
