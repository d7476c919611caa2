import { createRng } from "@espalier/core";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { int } from "../graph/attribute.ts";
import { int64s } from "../graph/constant.ts";
import { createValue, viewOf } from "../graph/value.ts";
import { castValue } from "./cast.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { reduce, softmax } from "./reductions.ts";
import { filled, sliceValue } from "./shapes.ts";

/**
 * Classes drawn from distributions, by inversion: the class of a uniform number is how many of the cumulative sums it
 * has reached, the last one left out. The numbers are drawn on the host, from the seed.
 */
export const MULTINOMIAL: Kernel = kernel<
  { logits: TensorInfo },
  { numSamples: number; seed: number; normalized: boolean }
>("Multinomial", ({ logits }, { numSamples, seed, normalized }, backend) => {
  backend.refuseWhileRecording("random numbers are drawn");
  const [rows, classes] = logits.shape as [number, number];
  if (rows * numSamples === 0) {
    return backend.tensor(filled(backend, [rows, numSamples], { dtype: "int32", value: 0 }));
  }
  const value = castValue(backend, backend.value(logits), "float32");
  const probabilities = normalized ? value : softmax(backend, value, -1);
  const sums = backend.op({
    op: "CumSum",
    inputs: [probabilities, int64s([1])],
    attributes: { exclusive: int(0) },
    shape: [rows, classes],
    dtype: "float32",
  });
  const inner = sliceValue(backend, sums, {
    begin: [0, 0],
    end: [rows, classes - 1],
    shape: [rows, classes - 1],
  });
  const rng = createRng(seed);
  const draws = Float32Array.from({ length: rows * numSamples }, () => rng.uniform());
  const reached = backend.op({
    op: "GreaterOrEqual",
    inputs: [
      createValue("float32", [rows, numSamples, 1], { data: draws }),
      viewOf(inner, [rows, 1, classes - 1]),
    ],
    shape: [rows, numSamples, classes - 1],
    dtype: "bool",
  });
  const counts = castValue(backend, reached, "int32");
  const drawn = reduce(backend, counts, { op: "ReduceSum", axes: [2] });
  return backend.tensor(drawn, [rows, numSamples]);
});
