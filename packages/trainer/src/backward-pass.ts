import type { Rng } from "@espalier/core";
import type { ActiveRows } from "@espalier/encoder";
import type { HeadLoss } from "@espalier/heads";
import type { MultiTaskModel, Tasks } from "@espalier/model";
import { type Gradients, gradients } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { TrainingBatch } from "./training-session.ts";
import type { VectorSource } from "./vector-source.ts";

/** float32 scalars; the caller's to read and dispose */
export type TaskLosses = Readonly<Record<string, tf.Scalar>>;

export interface BackwardOptions {
  readonly source: VectorSource;
  /** What is differentiated, by name; everything else is a constant. */
  readonly variables: Readonly<Record<string, tf.Variable>>;
  readonly taskFactors: Readonly<Record<string, number>>;
  /** Factor of the whole loss: 1 over the number of batches of an update. */
  readonly share: number;
  readonly rng: Rng;
  /** What is read and differentiated in place of the word table, where that is not the whole. */
  readonly activeRows?: ActiveRows | undefined;
}

/**
 * Losses of one batch and the gradients of their weighted sum. One forward serves all tasks; a task without a labelled
 * row, or with factor 0, takes no part, so its head gets no gradient at all.
 */
export function backwardPass<T extends Tasks>(
  model: MultiTaskModel<T>,
  batch: TrainingBatch,
  options: BackwardOptions,
): { losses: TaskLosses; gradients: Gradients } {
  const { source, variables, taskFactors, share, rng, activeRows } = options;
  const targets = Object.entries(batch.targets).filter(
    ([task, column]) => taskFactors[task] !== 0 && column.some((target) => target !== -1),
  );
  if (targets.length === 0) return { losses: {}, gradients: {} };
  const kept: Record<string, tf.Scalar> = {};
  try {
    const found = gradients(() => {
      const context = { training: true, rng, ...(activeRows === undefined ? {} : { activeRows }) };
      const logits = model.logitsFrom(source.vectors(batch.texts, context), context);
      const losses = model.losses(logits, Object.fromEntries(targets) as never);
      const weighted = Object.entries(losses as Record<string, HeadLoss>).map(
        ([task, { loss }]) => {
          kept[task] = tf.keep(loss);
          return tf.mul(loss, (taskFactors[task] ?? 1) * share);
        },
      );
      return tf.addN(weighted) as tf.Scalar;
    }, variables);
    found.value.dispose();
    return { losses: kept, gradients: found.gradients };
  } catch (error) {
    tf.dispose(Object.values(kept));
    throw error;
  }
}
