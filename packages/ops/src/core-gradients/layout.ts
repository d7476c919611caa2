import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { scatterRows } from "../scatter-rows.ts";

/** Gradients of tfjs' kernels that move, repeat or cut out elements. */
export const layoutGradients: readonly tf.GradConfig[] = [
  {
    kernelName: "Reshape",
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({ x: () => tf.reshape(dy as tf.Tensor, shapeOf(x)) }),
  },
  {
    kernelName: "ExpandDims",
    inputsToSave: ["input"],
    gradFunc: (dy, [input]) => ({ input: () => tf.reshape(dy as tf.Tensor, shapeOf(input)) }),
  },
  {
    kernelName: "Transpose",
    gradFunc: (dy, _saved, attrs) => ({
      x: () =>
        tf.transpose(
          dy as tf.Tensor,
          tf.backend_util.getUndoAxesPermutation(attrs.perm as number[]),
        ),
    }),
  },
  {
    kernelName: "Reverse",
    gradFunc: (dy, _saved, attrs) => ({
      x: () => tf.reverse(dy as tf.Tensor, attrs.dims as number[]),
    }),
  },
  {
    kernelName: "Concat",
    saveAllInputs: true,
    gradFunc(dy, inputs, attrs) {
      const axis = attrs.axis as number;
      const sizes = inputs.map((input) => input.shape[axis] as number);
      return thunks(tf.split(dy as tf.Tensor, sizes, axis));
    },
  },
  {
    kernelName: "SplitV",
    gradFunc: (dys, _saved, attrs) => ({
      x: () => tf.concat([dys].flat(), attrs.axis as number),
    }),
  },
  {
    kernelName: "Pack",
    saveAllInputs: true,
    gradFunc: (dy, _inputs, attrs) => thunks(tf.unstack(dy as tf.Tensor, attrs.axis as number)),
  },
  {
    kernelName: "Unpack",
    gradFunc: (dys, _saved, attrs) => ({
      value: () => tf.stack([dys].flat(), attrs.axis as number),
    }),
  },
  {
    kernelName: "Slice",
    inputsToSave: ["x"],
    gradFunc(dy, [x], attrs) {
      const begin = attrs.begin as number[];
      const paddings = shapeOf(x).map((size, axis) => {
        const before = begin[axis] ?? 0;
        return [before, size - before - ((dy as tf.Tensor).shape[axis] as number)];
      });
      return { x: () => tf.pad(dy as tf.Tensor, paddings as [number, number][]) };
    },
  },
  {
    kernelName: "PadV2",
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attrs) => ({
      x() {
        const begin = (attrs.paddings as number[][]).map(([before]) => before as number);
        return tf.slice(dy as tf.Tensor, begin, shapeOf(x));
      },
    }),
  },
  {
    kernelName: "Tile",
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attrs) => ({
      x() {
        // Each repeated axis becomes two, repetition and element; the first is summed.
        const shape: number[] = [];
        const repeated: number[] = [];
        for (const [axis, size] of shapeOf(x).entries()) {
          const times = (attrs.reps as number[])[axis] as number;
          if (times > 1) repeated.push(shape.push(times) - 1);
          if (times === 1 || size > 1) shape.push(size);
        }
        const split = tf.reshape(dy as tf.Tensor, shape);
        return tf.reshape(repeated.length === 0 ? split : tf.sum(split, repeated), shapeOf(x));
      },
    }),
  },
  {
    kernelName: "GatherV2",
    inputsToSave: ["x", "indices"],
    gradFunc(dy, saved, attrs) {
      const [x, indices] = saved as [tf.Tensor, tf.Tensor];
      if ((attrs.batchDims ?? 0) !== 0) {
        throw new EspalierError(
          "UNSUPPORTED",
          `gradient of gather: batchDims is ${attrs.batchDims}, expected 0`,
        );
      }
      return {
        x: () => gatherGradient(dy as tf.Tensor, { x, indices, axis: attrs.axis as number }),
        indices: () => tf.zeros(indices.shape),
      };
    },
  },
  {
    kernelName: "UnsortedSegmentSum",
    inputsToSave: ["segmentIds"],
    gradFunc: (dy, [segmentIds]) => ({
      x() {
        // Negative ids belong to no segment.
        const ids = segmentIds as tf.Tensor1D;
        const rows = tf.gather(dy as tf.Tensor, tf.maximum(ids, tf.scalar(0, "int32")));
        const counted = tf.cast(tf.greaterEqual(ids, tf.scalar(0, "int32")), "float32");
        return tf.mul(rows, tf.reshape(counted, [ids.size, ...rows.shape.slice(1).fill(1)]));
      },
    }),
  },
];

function gatherGradient(
  dy: tf.Tensor,
  at: { x: tf.Tensor; indices: tf.Tensor; axis: number },
): tf.Tensor {
  const { x, indices, axis } = at;
  const rows = x.shape[axis] as number;
  const outer = tf.util.sizeFromShape(x.shape.slice(0, axis));
  const inner = tf.util.sizeFromShape(x.shape.slice(axis + 1));
  const ids = tf.reshape(indices, [indices.size]) as tf.Tensor1D;
  if (outer === 1) {
    const flat = tf.reshape(dy, [indices.size, inner]) as tf.Tensor2D;
    return tf.reshape(scatterRows(flat, ids, rows), x.shape);
  }
  const first = tf.transpose(tf.reshape(dy, [outer, indices.size, inner]), [1, 0, 2]);
  const flat = tf.reshape(first, [indices.size, outer * inner]) as tf.Tensor2D;
  const scattered = tf.reshape(scatterRows(flat, ids, rows), [rows, outer, inner]);
  return tf.reshape(tf.transpose(scattered, [1, 0, 2]), x.shape);
}

function thunks(tensors: readonly tf.Tensor[]): Record<string, () => tf.Tensor> {
  return Object.fromEntries(tensors.map((tensor, i) => [i, () => tensor]));
}

function shapeOf(saved: tf.Tensor | undefined): number[] {
  return (saved as tf.Tensor).shape;
}
