import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { type BatchFeed, type BatchSizes, oncePerBatch } from "./compile-batches.ts";

/** The targets of the rows at hand, or where those of each batch of a compiled function come from. */
export type GivenTargets<Targets extends Int32Array | Float32Array> =
  | Targets
  | BatchFeed<Targets, BatchSizes>;

/**
 * What a loss needs of its targets, as float32 tensors.
 * @param compute one array a name of `shapes`, from all targets at once
 * @throws {EspalierError} SHAPE_MISMATCH when the targets are not as many as the logits have rows, and as `compute`; for
 *   those of batches when a batch comes
 */
export function targetTensors<Targets extends Int32Array | Float32Array, Name extends string>(
  targets: GivenTargets<Targets>,
  shapes: Readonly<Record<Name, readonly [number, number]>>,
  compute: (targets: Targets) => Readonly<Record<NoInfer<Name>, Float32Array>>,
): Record<Name, tf.Tensor2D> {
  if (isFeed(targets)) {
    const arrays = oncePerBatch(compute);
    return mapShapes(shapes, (name, shape) =>
      targets.array<tf.Rank.R2>("float32", shape, (batch) => arrays(batch)[name]),
    );
  }
  const arrays = compute(targets);
  return mapShapes(shapes, (name, [rows, width]) => {
    if (arrays[name].length !== rows * width)
      throw new EspalierError(
        "SHAPE_MISMATCH",
        `targets of ${arrays[name].length / width} rows for logits of ${rows}`,
      );
    return tf.tensor2d(arrays[name], [rows, width]);
  });
}

function isFeed<Targets extends Int32Array | Float32Array>(
  targets: GivenTargets<Targets>,
): targets is BatchFeed<Targets, BatchSizes> {
  return !ArrayBuffer.isView(targets);
}

function mapShapes<Name extends string>(
  shapes: Readonly<Record<Name, readonly [number, number]>>,
  make: (name: Name, shape: [number, number]) => tf.Tensor2D,
): Record<Name, tf.Tensor2D> {
  return Object.fromEntries(
    Object.entries<readonly [number, number]>(shapes).map(([name, [rows, width]]) => [
      name,
      make(name as Name, [rows, width]),
    ]),
  ) as Record<Name, tf.Tensor2D>;
}
