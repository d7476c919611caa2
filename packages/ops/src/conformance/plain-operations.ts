import * as tf from "@tensorflow/tfjs-core";

/** An operation of tfjs itself that models and losses are made of. */
export interface PlainOperation {
  readonly name: string;
  /** @param x float32 `[3, 4]` @param z float32 `[4]` */
  run(x: tf.Tensor2D, z: tf.Tensor1D): tf.Tensor;
}

type Run = PlainOperation["run"];

const positive = (x: tf.Tensor): tf.Tensor => tf.add(tf.abs(x), 0.5);
const ids = (): tf.Tensor1D => tf.tensor1d([2, 0, 2], "int32");

/** x as one image `[1, 3, 4, 1]`, or as two of three channels `[2, 2, 1, 3]`. */
const image = (x: tf.Tensor): tf.Tensor4D => tf.reshape(x, [1, 3, 4, 1]);
const images = (x: tf.Tensor): tf.Tensor4D => tf.reshape(x, [2, 2, 1, 3]);
/** x as one block of places `[1, 3, 2, 2, 1]`. */
const block = (x: tf.Tensor): tf.Tensor5D => tf.reshape(x, [1, 3, 2, 2, 1]);

const runs: [string, Run][] = [
  ["abs", (x) => tf.abs(x)],
  ["add", (x, z) => tf.add(x, z)],
  ["addN", (x) => tf.addN([x, tf.square(x), x])],
  ["avgPool", (x) => tf.avgPool(image(x), 2, 1, "valid")],
  ["avgPool3d", (x) => tf.avgPool3d(block(x), 2, 1, "valid")],
  ["batchMatMul", (x) => tf.matMul(tf.reshape(x, [2, 3, 2]), tf.reshape(x, [2, 2, 3]))],
  [
    "batchMatMul of one and many",
    (x, z) => tf.matMul(tf.reshape(z, [1, 2, 2]), tf.reshape(x, [3, 2, 2])),
  ],
  ["batchMatMul transposed", (x) => tf.matMul(x, tf.square(x), true, false)],
  ["batchMatMul transposed twice", (x) => tf.matMul(x, tf.reshape(x, [4, 3]), true, true)],
  ["batchMatMul transposed right", (x) => tf.matMul(x, tf.square(x), false, true)],
  ["clipByValue", (x) => tf.clipByValue(x, -0.7, 0.6)],
  ["concat", (x) => tf.concat([x, tf.square(x)], 1)],
  ["conv2d", (x, z) => tf.conv2d(image(x), tf.reshape(z, [2, 2, 1, 1]), [2, 1], "same")],
  ["conv2d of one place", (x, z) => tf.conv2d(images(x), tf.reshape(tf.concat([z, z, z]), [1, 1, 3, 4]), 1, "same")],
  ["conv2d transposed", (x, z) => tf.conv2dTranspose(image(x), tf.reshape(z, [2, 2, 1, 1]), [1, 6, 8, 1], 2, "same")],
  ["conv3d", (x, z) => tf.conv3d(block(x), tf.reshape(z, [2, 1, 2, 1, 1]), 1, "same")],
  ["cos, sin", (x) => tf.mul(tf.cos(x), tf.sin(x))],
  ["cumsum", (x) => tf.cumsum(x, 1, true, false)],
  ["depthwiseConv2d", (x, z) => tf.depthwiseConv2d(image(x), tf.reshape(z, [2, 1, 1, 2]), 1, "same")],
  ["div", (x, z) => tf.div(z, positive(x))],
  ["elu", (x) => tf.elu(x)],
  ["erf", (x) => tf.erf(x)],
  ["exp, expm1", (x) => tf.mul(tf.exp(x), tf.expm1(x))],
  ["expandDims, squeeze", (x) => tf.squeeze(tf.expandDims(x, 1))],
  ["gather of rows", (x) => tf.gather(x, ids())],
  ["gather of columns", (x) => tf.gather(x, ids(), 1)],
  [
    "gather by a matrix",
    (x) =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [0, 1],
            [1, 1],
          ],
          [2, 2],
          "int32",
        ),
      ),
  ],
  ["leakyRelu", (x) => tf.leakyRelu(x, 0.3)],
  ["localResponseNormalization", (x) => tf.localResponseNormalization(images(x), 1, 1, 0.5, 0.7)],
  ["log, log1p", (x) => tf.add(tf.log(positive(x)), tf.log1p(positive(x)))],
  ["logSoftmax", (x) => tf.logSoftmax(x)],
  ["logSumExp", (x) => tf.logSumExp(x, 1)],
  ["max", (x) => tf.max(x, 1)],
  ["maxPool", (x) => tf.maxPool(image(x), [2, 3], 1, "same")],
  ["maxPool3d", (x) => tf.maxPool3d(block(x), 2, 1, "valid")],
  ["maximum", (x, z) => tf.maximum(x, z)],
  ["mean", (x) => tf.mean(x, 0)],
  ["mean of all", (x) => tf.mean(x)],
  ["min", (x) => tf.min(x, 0, true)],
  ["minimum", (x, z) => tf.minimum(z, x)],
  ["mul", (x, z) => tf.mul(x, z)],
  ["neg", (x) => tf.neg(x)],
  ["norm", (x) => tf.norm(x, "euclidean", 1)],
  [
    "pad",
    (x) =>
      tf.pad(x, [
        [1, 2],
        [0, 1],
      ]),
  ],
  ["pow", (x, z) => tf.pow(positive(x), z)],
  ["reciprocal", (x) => tf.reciprocal(positive(x))],
  ["relu", (x) => tf.relu(x)],
  ["resizeBilinear", (x) => tf.image.resizeBilinear(tf.reshape(x, [3, 2, 2, 1]) as tf.Tensor4D, [5, 5])],
  ["resizeNearestNeighbor", (x) => tf.image.resizeNearestNeighbor(image(x), [6, 5])],
  ["reverse", (x) => tf.mul(x, tf.reverse(x, 0))],
  ["rsqrt, sqrt", (x) => tf.add(tf.rsqrt(positive(x)), tf.sqrt(positive(x)))],
  ["sigmoid", (x) => tf.sigmoid(x)],
  ["slice", (x) => tf.slice(x, [1, 0], [2, 3])],
  ["softmax", (x) => tf.softmax(x)],
  ["softplus", (x) => tf.softplus(x)],
  ["spaceToBatchND, batchToSpaceND", (x) => tf.batchToSpaceND(tf.square(tf.spaceToBatchND(image(x), [1, 2], [[0, 0], [1, 1]])), [1, 2], [[0, 0], [0, 1]])],
  ["split", (x) => tf.mul(...(tf.split(x, 2, 1) as [tf.Tensor, tf.Tensor]))],
  ["square", (x) => tf.square(x)],
  ["squaredDifference", (x, z) => tf.squaredDifference(x, z)],
  ["stack, unstack", (x) => tf.stack([...tf.unstack(x, 1)].reverse(), 0)],
  ["sub", (x, z) => tf.sub(z, x)],
  ["sum", (x) => tf.sum(tf.square(x), 1, true)],
  ["tanh", (x) => tf.tanh(x)],
  ["tile", (x) => tf.tile(x, [2, 3])],
  ["broadcastTo", (_x, z) => tf.square(tf.broadcastTo(tf.reshape(z, [1, 4]), [3, 4]))],
  ["transpose", (x) => tf.transpose(tf.reshape(x, [2, 3, 2]), [2, 0, 1])],
  ["unsortedSegmentSum", (x) => tf.unsortedSegmentSum(x, tf.tensor1d([1, -1, 1], "int32"), 2)],
  ["where", (x, z) => tf.where(tf.tensor1d([true, false, true, true], "bool"), x, z as tf.Tensor)],
];

/**
 * The operations whose gradients this package registers, for comparing one backend's values and gradients with
 * another's.
 */
export const plainOperations: readonly PlainOperation[] = runs.map(([name, run]) => ({
  name,
  run,
}));
