import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { registerOnnxruntimeBackend } from "../src/index.ts";
import { compare, type Plain, tensorOf } from "./compare-with-cpu.ts";

beforeAll(() => registerOnnxruntimeBackend({ threads: 1 }));

type Padding = tf.backend_util.ExplicitPadding | "same" | "valid" | number;

/** A call of a convolution or a pooling: shapes of all tensors and the attributes that follow from one another. */
interface Call {
  x: number[];
  filter: number[];
  y: number[];
  attrs: { strides: number[]; pad: Padding; dilations: number[]; dataFormat: "NHWC" | "NCHW" };
}

const kernel = (name: string, inputs: object, attrs: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as never) as tf.Tensor;

const from = (min: number, max: number) => fc.integer({ min, max });
const padding: fc.Arbitrary<Padding> = fc.oneof(
  fc.constantFrom<Padding>("same", "valid", 1),
  fc.tuple(from(0, 2), from(0, 2), from(0, 2), from(0, 2)).map(
    ([top, bottom, left, right]): Padding => [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
  ),
);

/** Windows over planes that see something; gradients know no dilation. */
function planes(kind: "dense" | "dilated" | "depthwise" | "dilated depthwise"): fc.Arbitrary<Call> {
  return fc
    .record({
      sizes: fc.tuple(from(1, 2), from(1, 6), from(1, 6), from(1, 3), from(1, 3)),
      filter: fc.tuple(from(1, 3), from(1, 3)),
      steps: fc.tuple(from(1, 3), from(1, 3)),
      pad: padding,
      dilated: fc.boolean(),
      channelsFirst: fc.boolean(),
    })
    .map(({ sizes: [n, h, w, c, o], filter, steps, pad, dilated, channelsFirst }): Call => {
      // Explicit paddings are listed for channels last.
      const depthwise = kind.endsWith("depthwise");
      const first = channelsFirst && !depthwise && !Array.isArray(pad);
      const x = (first ? [n, c, h, w] : [n, h, w, c]) as [number, number, number, number];
      const shape = [...filter, c, o] as [number, number, number, number];
      const isDilated = dilated && kind.startsWith("dilated");
      const strides = isDilated ? [1, 1] : steps;
      const dilations = isDilated ? steps : [1, 1];
      const { outShape } = tf.backend_util.computeConv2DInfo(
        x,
        shape,
        strides as [number, number],
        dilations as [number, number],
        pad,
        "floor",
        depthwise,
        first ? "channelsFirst" : "channelsLast",
      );
      const dataFormat = first ? "NCHW" : "NHWC";
      return { x, filter: shape, y: outShape, attrs: { strides, pad, dilations, dataFormat } };
    })
    .filter(({ y }) => y.every((length) => length > 0));
}

/** Windows over spaces, whose channels are last. */
const spaces: fc.Arbitrary<Call> = fc
  .record({
    sizes: fc.tuple(from(1, 2), from(1, 4), from(1, 4), from(1, 4), from(1, 2), from(1, 3)),
    filter: fc.tuple(from(1, 3), from(1, 2), from(1, 3)),
    strides: fc.tuple(from(1, 2), from(1, 2), from(1, 2)),
    pad: fc.constantFrom("same" as const, "valid" as const),
  })
  .map(({ sizes: [n, d, h, w, c, o], filter, strides, pad }): Call => {
    const x = [n, d, h, w, c] as [number, number, number, number, number];
    const shape = [...filter, c, o] as [number, number, number, number, number];
    const { outShape } = tf.backend_util.computeConv3DInfo(x, shape, strides, 1, pad);
    const attrs = { strides, pad, dilations: [1, 1, 1], dataFormat: "NHWC" as const };
    return { x, filter: shape, y: outShape, attrs };
  })
  .filter(({ y }) => y.every((length) => length > 0));

/** Runs an operation on random tensors of the shapes that it takes of a call, on both backends. */
async function check(
  calls: fc.Arbitrary<Call>,
  run: (tensors: tf.Tensor[], call: Call) => tf.Tensor | tf.Tensor[],
  shapesOf: (call: Call) => number[][],
): Promise<void> {
  const cases = calls.chain((call) =>
    fc.tuple(
      fc.constant(call),
      fc.tuple(...shapesOf(call).map((shape) => tensorOf(shape, "float32"))),
    ),
  );
  await fc.assert(
    fc.asyncProperty(cases, ([call, inputs]: [Call, Plain[]]) =>
      compare((...tensors) => run(tensors, call), inputs),
    ),
    { numRuns: 40, seed: 11 },
  );
}

/** Wide enough for the formulations that only pay with many channels. */
const wide = fc
  .tuple(from(1, 2), fc.constantFrom("same" as const, "valid" as const))
  .map(([stride, pad]): Call => {
    const x = [2, 5, 4, 17] as [number, number, number, number];
    const filter = [3, 2, 17, 3] as [number, number, number, number];
    const { outShape } = tf.backend_util.computeConv2DInfo(x, filter, stride, 1, pad);
    const attrs = {
      strides: [stride, stride],
      pad,
      dilations: [1, 1],
      dataFormat: "NHWC" as const,
    };
    return { x, filter, y: outShape, attrs };
  });

const forward = ({ x, filter }: Call) => [x, filter];
const toInput = ({ y, filter }: Call) => [y, filter];
const toFilter = ({ x, y }: Call) => [x, y];

describe("convolutions over planes", () => {
  it("forward, dilated ones too", () =>
    check(
      planes("dilated"),
      ([x, filter], { attrs }) => kernel("Conv2D", { x, filter }, attrs),
      forward,
    ));

  it("gradient of the input", () =>
    check(
      fc.oneof(planes("dense"), wide),
      ([dy, filter], { x, attrs }) =>
        kernel("Conv2DBackpropInput", { dy, filter }, { ...attrs, inputShape: x }),
      toInput,
    ));

  it("gradient of the filter", () =>
    check(
      fc.oneof(planes("dense"), wide),
      ([x, dy], { filter, attrs }) =>
        kernel("Conv2DBackpropFilter", { x, dy }, { ...attrs, filterShape: filter }),
      toFilter,
    ));

  it.each(["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"])(
    "with bias and %s",
    (activation) =>
      check(
        planes("dilated"),
        ([x, filter, bias, weights], { attrs }) => {
          const preluActivationWeights = activation === "prelu" ? weights : undefined;
          const more = { activation, leakyreluAlpha: 0.3 };
          return kernel(
            "FusedConv2D",
            { x, filter, bias, preluActivationWeights },
            { ...attrs, ...more },
          );
        },
        (call) => [...forward(call), [call.filter[3]!], [call.filter[3]!]],
      ),
  );
});

describe("depthwise convolutions", () => {
  const depthwise = planes("depthwise");
  const dilated = planes("dilated depthwise");

  it("forward, dilated ones too", () =>
    check(
      dilated,
      ([x, filter], { attrs }) => kernel("DepthwiseConv2dNative", { x, filter }, attrs),
      forward,
    ));

  it("gradient of the input", () =>
    check(
      depthwise,
      ([dy, filter], { x, attrs }) =>
        kernel("DepthwiseConv2dNativeBackpropInput", { dy, filter }, { ...attrs, inputShape: x }),
      toInput,
    ));

  it("gradient of the filter", () =>
    check(
      depthwise,
      ([x, dy], { filter, attrs }) =>
        kernel("DepthwiseConv2dNativeBackpropFilter", { x, dy }, { ...attrs, filterShape: filter }),
      toFilter,
    ));

  it("with a scalar bias and an activation", () =>
    check(
      dilated,
      ([x, filter, bias], { attrs }) =>
        kernel("FusedDepthwiseConv2D", { x, filter, bias }, { ...attrs, activation: "relu" }),
      (call) => [...forward(call), []],
    ));
});

describe("convolutions over spaces", () => {
  it("forward", () =>
    check(spaces, ([x, filter], { attrs }) => kernel("Conv3D", { x, filter }, attrs), forward));

  it("gradient of the input", () =>
    check(
      spaces,
      ([dy, filter], { x, attrs }) =>
        kernel("Conv3DBackpropInputV2", { dy, filter }, { ...attrs, inputShape: x }),
      toInput,
    ));

  it("gradient of the filter", () =>
    check(
      spaces,
      ([x, dy], { filter, attrs }) =>
        kernel("Conv3DBackpropFilterV2", { x, dy }, { ...attrs, filterShape: filter }),
      toFilter,
    ));
});

/** The same windows without channels of their own: what pooling sees. */
const pooled = (calls: fc.Arbitrary<Call>): fc.Arbitrary<Call> =>
  calls
    .filter(({ attrs }) => attrs.dataFormat === "NHWC")
    .map((call) => ({
      ...call,
      y: [...call.y.slice(0, -1), call.x[call.x.length - 1]!],
      attrs: {
        ...call.attrs,
        filterSize: call.filter.slice(0, -2),
        dataFormat: undefined as never,
      },
    }));

const distinct = (x: tf.Tensor): tf.Tensor =>
  tf.add(x, tf.reshape(tf.div(tf.range(0, x.size), 65_536), x.shape));

describe.each([
  ["planes", "", pooled(planes("dense"))],
  ["spaces", "3D", pooled(spaces)],
] as const)("pooling over %s", (_name, suffix, calls) => {
  const x = (call: Call) => [call.x];
  // Where a window sees nothing but padding, the plain kernel divides by zero (planes) or gives minus infinity.
  const seeing = calls.filter(({ attrs: { pad } }) => pad === "same" || pad === "valid");
  // Over spaces, the plain kernel takes the last of several largest elements, and loses gradients of filters that are no squares.
  const clear = calls.filter(({ filter }) => suffix === "" || filter[1] === filter[2]);

  it("maxima", () =>
    check(seeing, ([t], { attrs }) => kernel(`MaxPool${suffix}`, { x: t }, attrs), x));

  it("means", () =>
    check(seeing, ([t], { attrs }) => kernel(`AvgPool${suffix}`, { x: t }, attrs), x));

  it("gradient of the maxima", () =>
    check(
      clear,
      ([dy, x], { attrs }) => {
        const input = suffix === "3D" ? distinct(x!) : x;
        return kernel(`MaxPool${suffix}Grad`, { dy, input, output: dy }, attrs);
      },
      (call) => [call.y, call.x],
    ));

  it("gradient of the means", () =>
    check(
      calls,
      ([dy, input], { attrs }) => kernel(`AvgPool${suffix}Grad`, { dy, input }, attrs),
      (call) => [call.y, call.x],
    ));
});

it.each([false, true])("places of maxima, counted over all examples: %s", (includeBatchInIndex) =>
  check(
    pooled(planes("dense")).filter(({ attrs: { pad } }) => pad === "same" || pad === "valid"),
    ([x], { attrs }) =>
      tf.engine().runKernel("MaxPoolWithArgmax", { x: x! }, {
        ...attrs,
        includeBatchInIndex,
      } as never) as tf.Tensor[],
    ({ x }) => [x],
  ),
);

describe("pooling with padding as wide as the filter", () => {
  beforeAll(async () => {
    await tf.setBackend("onnxruntime");
  });
  const x = () => tf.tensor4d([6], [1, 1, 1, 1]);
  const around = (outside: number, inside: number) => [
    ...[outside, outside, outside, outside],
    ...[outside, inside, inside, outside],
    ...[outside, inside, inside, outside],
    ...[outside, outside, outside, outside],
  ];

  it("means of nothing are zero", () => {
    expect([...tf.avgPool(x(), 2, 1, 2).dataSync()]).toEqual(around(0, 6));
  });

  it("maxima of nothing are below all others, and get no gradient", () => {
    const maxima = tf.maxPool(x(), 2, 1, 2).dataSync();
    expect([...maxima].map((value) => Math.max(value, 0))).toEqual(around(0, 6));
    expect([...maxima].filter((value) => value < -1e38)).toHaveLength(12);
    const attrs = { filterSize: 2, strides: 1, pad: 2 };
    const dy = tf.ones([1, 4, 4, 1]);
    expect([...kernel("MaxPoolGrad", { dy, input: x(), output: dy }, attrs).dataSync()]).toEqual([
      4,
    ]);
  });

  it("finds places in the plane without its padding", () => {
    const [, places] = tf
      .engine()
      .runKernel("MaxPoolWithArgmax", { x: tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]) }, {
        filterSize: 2,
        strides: 2,
        pad: 2,
        includeBatchInIndex: false,
      } as never) as tf.Tensor[];
    expect(places!.dataSync()[4]).toBe(3);
  });
});

it("maxima of integers are exact", async () => {
  await tf.setBackend("onnxruntime");
  const x = tf.tensor4d([2 ** 30, 2 ** 30 + 1], [1, 1, 2, 1], "int32");
  const maximum = tf.maxPool(x, [1, 2], 1, "valid");
  expect([maximum.dtype, ...maximum.dataSync()]).toEqual(["int32", 2 ** 30 + 1]);
});
