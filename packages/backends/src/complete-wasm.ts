import * as tf from "@tensorflow/tfjs-core";

/** Gives the wasm backend the kernel that operations of models need and that it lacks, composed of others. */
export function completeWasm(): void {
  if (tf.getKernel("UnsortedSegmentSum", "wasm") != null) return;
  tf.registerKernel({
    kernelName: "UnsortedSegmentSum",
    backendName: "wasm",
    kernelFunc({ inputs, attrs }) {
      const { x, segmentIds } = inputs as { x: tf.Tensor; segmentIds: tf.Tensor1D };
      return tf.tidy(() => segmentSum(x, segmentIds, attrs?.numSegments as number));
    },
  });
}

/** Rows whose id is no segment go to one more segment, which is cut off. */
function segmentSum(x: tf.Tensor, ids: tf.Tensor1D, segments: number): tf.Tensor {
  const shape = x.shape.slice(1);
  const [rows, width] = [ids.size, tf.util.sizeFromShape(shape)];
  const known = tf.logicalAnd(tf.greaterEqual(ids, 0), tf.less(ids, segments));
  const targets = tf.where(known, ids, tf.fill([rows], segments, "int32"));
  const sums = tf.scatterND(tf.reshape(targets, [rows, 1]), tf.reshape(x, [rows, width]), [
    segments + 1,
    width,
  ]);
  return tf.reshape(tf.slice(sums, [0, 0], [segments, width]), [segments, ...shape]);
}
