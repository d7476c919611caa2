import { registerCoreGradients } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { registerOnnxruntimeBackend } from "../src/index.ts";
import { compare, type Plain, type Run, tensorOf } from "./compare-with-cpu.ts";

const kinds = ["ResizeNearestNeighbor", "ResizeBilinear"] as const;

beforeAll(() => {
  registerOnnxruntimeBackend({ threads: 1 });
  registerCoreGradients();
  // As TensorFlow.js has them; its Node build registers none.
  for (const kernelName of kinds) {
    tf.registerGradient({
      kernelName,
      inputsToSave: ["images"],
      gradFunc: (dy, [images], attrs) => ({
        images: () =>
          tf
            .engine()
            .runKernel(`${kernelName}Grad`, { images: images!, dy: dy as tf.Tensor }, attrs),
      }),
    });
  }
  tf.registerGradient({
    kernelName: "LRN",
    inputsToSave: ["x"],
    outputsToSave: [true],
    gradFunc: (dy, [x, y], attrs) => ({
      x: () => tf.engine().runKernel("LRNGrad", { x: x!, y: y!, dy: dy as tf.Tensor }, attrs),
    }),
  });
});

const upTo = (max: number, min = 0) => fc.integer({ min, max });
const modes = fc.constantFrom(
  { alignCorners: false, halfPixelCenters: false },
  { alignCorners: true, halfPixelCenters: false },
  { alignCorners: false, halfPixelCenters: true },
);
/** Some are so much larger than the images that a place becomes many. */
const sizes = fc.tuple(upTo(14), upTo(9));

describe.each(kinds)("%s", (kind) => {
  const op = kind === "ResizeBilinear" ? tf.image.resizeBilinear : tf.image.resizeNearestNeighbor;

  it("in all modes, larger and smaller", () =>
    fc.assert(
      fc.asyncProperty(
        fc
          .tuple(upTo(2), upTo(7, 1), upTo(7, 1), upTo(3), fc.constantFrom("float32", "int32"))
          .chain(([batch, height, width, channels, dtype]) =>
            tensorOf([batch, height, width, channels], dtype as tf.DataType),
          ),
        sizes,
        modes,
        (images, size, { alignCorners, halfPixelCenters }) =>
          compare((x) => op(x as tf.Tensor4D, size, alignCorners, halfPixelCenters), [images]),
      ),
      { numRuns: 60, seed: 13 },
    ));

  it("at lengths whose ratios have no exact float", () => {
    const images: Plain = { shape: [1, 49, 1, 1], dtype: "float32", values: [...Array(49).keys()] };
    return compare(
      (x) => [7, 21, 98, 147, 245].map((height) => op(x as tf.Tensor4D, [height, 1])),
      [images],
    );
  });

  it("of a single image", () => {
    const image: Plain = { shape: [2, 3, 1], dtype: "float32", values: [1, 2, 3, 4, 5, 6] };
    return compare((x) => op(x as tf.Tensor3D, [5, 4]), [image]);
  });

  it("refuses images without pixels when the operation is recorded", async () => {
    await tf.setBackend("onnxruntime");
    const images = tf.zeros<tf.Rank.R4>([1, 0, 2, 1]);
    expect(() => op(images, [2, 2])).toThrow("no pixels");
    images.dispose();
  });

  // The cpu backend exchanges height and width in the bilinear shape, and reads other images' rows in the nearest one:
  // it is asked about one image at a time, and for the values only. Aligned to one old row it never ends.
  const gradients = fc
    .tuple(upTo(2), upTo(5, 2), upTo(5, 2), upTo(2), upTo(20), upTo(9), modes)
    .chain(([batch, height, width, channels, newHeight, newWidth, mode]) =>
      fc.record({
        images: tensorOf([batch, height, width, channels], "float32"),
        dy: tensorOf([batch, newHeight, newWidth, channels], "float32"),
        mode: fc.constant(mode),
      }),
    );
  it("the gradient", () =>
    fc.assert(
      fc.asyncProperty(gradients, ({ images, dy, mode }) => {
        const grad = (x: tf.Tensor, y: tf.Tensor): tf.Tensor =>
          tf.reshape(tf.engine().runKernel(`${kind}Grad`, { images: x, dy: y }, mode), x.shape);
        const run: Run = (x, y) => {
          if (tf.getBackend() !== "cpu") return grad(x!, y!);
          const [parts, others] = [x!, y!].map((t) =>
            t.shape[0] === 0 ? [] : tf.split(t, t.shape[0]!),
          );
          const grads = parts!.map((part, i) => grad(part, others![i]!));
          return grads.length === 0 ? tf.zerosLike(x!) : tf.concat(grads);
        };
        return compare(run, [images, dy]);
      }),
      { numRuns: 60, seed: 17 },
    ));

  it("the gradient through the operation has the shape of the images", () => {
    const images: Plain = { shape: [1, 4, 4, 2], dtype: "float32", values: [...Array(32).keys()] };
    return compare(
      (x) =>
        tf.grad((input) => {
          const y = op(input as tf.Tensor4D, [7, 3], true);
          return tf.mul(y, tf.reshape(tf.range(1, y.size + 1), y.shape));
        })(x!),
      [images],
    );
  });
});

describe("local response normalization", () => {
  const settings = fc.record({
    radius: upTo(4),
    bias: fc.constantFrom(0.5, 1, 2),
    alpha: fc.constantFrom(0.1, 1),
    beta: fc.constantFrom(0.5, 0.75, 1),
  });
  const images = fc
    .tuple(upTo(2), upTo(3), upTo(2), upTo(7))
    .chain((shape) => tensorOf(shape, "float32"));

  it("and its gradient", () =>
    fc.assert(
      fc.asyncProperty(images, settings, (x, { radius, bias, alpha, beta }) => {
        const norm = (input: tf.Tensor): tf.Tensor =>
          tf.localResponseNormalization(input as tf.Tensor4D, radius, bias, alpha, beta);
        return compare(
          (input) => [norm(input!), tf.grad((t: tf.Tensor) => tf.mul(norm(t), norm(t)))(input!)],
          [x],
        );
      }),
      { numRuns: 40, seed: 19 },
    ));

  it("of integers", () => {
    const x: Plain = { shape: [1, 1, 2, 3], dtype: "int32", values: [1, -2, 3, 4, 5, -6] };
    return compare(
      (input) => tf.cast(tf.localResponseNormalization(input as tf.Tensor4D, 1), "int32"),
      [x],
    );
  });
});
