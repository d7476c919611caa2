import * as tf from "@tensorflow/tfjs-core";
import { sumToShape } from "./sum-to-shape.ts";

/** Gradients of tfjs' kernels that add, multiply or pick along axes. */
export const reductionGradients: readonly tf.GradConfig[] = [
  {
    kernelName: "Sum",
    inputsToSave: ["x"],
    gradFunc: (dy, saved, attrs) => ({
      x: () => spread(dy as tf.Tensor, saved[0] as tf.Tensor, attrs.axis as Axes),
    }),
  },
  {
    kernelName: "Mean",
    inputsToSave: ["x"],
    gradFunc: (dy, saved, attrs) => ({
      x() {
        const share = (dy as tf.Tensor).size / (saved[0] as tf.Tensor).size;
        const scaled = tf.mul(dy as tf.Tensor, share);
        return spread(scaled, saved[0] as tf.Tensor, attrs.axis as Axes);
      },
    }),
  },
  extremeGradient("Max", "reductionIndices"),
  extremeGradient("Min", "axis"),
  {
    kernelName: "Softmax",
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => ({
      logits() {
        const y = saved[0] as tf.Tensor;
        const weighted = tf.mul(dy as tf.Tensor, y);
        return tf.sub(weighted, tf.mul(y, tf.sum(weighted, attrs.dim as number, true)));
      },
    }),
  },
  {
    kernelName: "Cumsum",
    gradFunc: (dy, _saved, attrs) => ({
      x: () =>
        tf.cumsum(
          dy as tf.Tensor,
          attrs.axis as number,
          attrs.exclusive as boolean,
          attrs.reverse !== true,
        ),
    }),
  },
  {
    kernelName: "BatchMatMul",
    inputsToSave: ["a", "b"],
    gradFunc(dy, saved, attrs) {
      const dc = dy as tf.Tensor;
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      const [transposeA, transposeB] = [attrs.transposeA, attrs.transposeB];
      return {
        a: () =>
          sumToShape(
            transposeA === true
              ? tf.matMul(b, dc, transposeB === true, true)
              : tf.matMul(dc, b, false, transposeB !== true),
            a.shape,
          ),
        b: () =>
          sumToShape(
            transposeB === true
              ? tf.matMul(dc, a, true, transposeA === true)
              : tf.matMul(a, dc, transposeA !== true, false),
            b.shape,
          ),
      };
    },
  },
];

type Axes = number | number[] | undefined;

/** Shape of `x` with the reduced axes kept as 1. */
function keptShape(x: tf.Tensor, axes: Axes): number[] {
  const reduced = tf.util.parseAxisParam(axes as number[], x.shape);
  return x.shape.map((size, axis) => (reduced.includes(axis) ? 1 : size));
}

function spread(dy: tf.Tensor, x: tf.Tensor, axes: Axes): tf.Tensor {
  return tf.broadcastTo(tf.reshape(dy, keptShape(x, axes)), x.shape as [number]);
}

/** The elements that reach the extreme share its gradient evenly, as torch's `amax` and `amin`. */
function extremeGradient(kernelName: "Max" | "Min", axesName: string): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ["x"],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => ({
      x() {
        const [x, y] = saved as [tf.Tensor, tf.Tensor];
        const axes = attrs[axesName] as Axes;
        const kept = keptShape(x, axes);
        const reached = tf.cast(tf.equal(x, tf.reshape(y, kept)), "float32");
        const ties = tf.sum(reached, axes, true);
        return tf.mul(reached, tf.div(tf.reshape(dy as tf.Tensor, kept), tf.reshape(ties, kept)));
      },
    }),
  };
}
