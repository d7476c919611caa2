import { createRng } from "@espalier/core";
import type { TrunkShape } from "./trunk-shape.ts";
import { tasksOf } from "./write-model.ts";

/** Token ids of equal length (so that nobody pads) and a label of every task for every text. */
export interface LabelledBatch {
  /** `[B][T]` */
  readonly ids: readonly Int32Array[];
  /** int32 `[B]` by task */
  readonly labels: Readonly<Record<string, Int32Array>>;
}

/** Ids below are special tokens of the usual vocabularies. */
const FIRST_ORDINARY_ID = 1000;

/** A random batch of this shape; the same one for the same seed. */
export function labelledBatch(shape: TrunkShape, seed: number): LabelledBatch {
  const rng = createRng(seed);
  const first = Math.min(FIRST_ORDINARY_ID, shape.vocabulary >> 1);
  const below = (limit: number): number => Math.floor(rng.uniform() * limit);
  return {
    ids: Array.from({ length: shape.batch }, () =>
      Int32Array.from(
        { length: shape.lengthTokens },
        () => first + below(shape.vocabulary - first),
      ),
    ),
    labels: Object.fromEntries(
      Object.entries(tasksOf(shape)).map(([task, classes]) => [
        task,
        Int32Array.from({ length: shape.batch }, () => below(classes)),
      ]),
    ),
  };
}
