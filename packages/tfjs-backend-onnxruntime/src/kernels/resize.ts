import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { createValue, type GraphDtype, sizeOf, type Value, viewOf } from "../graph/value.ts";
import { castValue } from "./cast.ts";
import { on } from "./float-operators.ts";
import { gather } from "./indexing.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { product } from "./products.ts";
import { filled, pad } from "./shapes.ts";

interface ResizeAttrs {
  readonly size: readonly [height: number, width: number];
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** How an axis gets another length. */
interface AxisChange {
  readonly oldLength: number;
  readonly newLength: number;
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** Of each place of the result: which places it is made of, and how much there is of each. */
type Mixture = readonly (readonly Share[])[];

interface Share {
  readonly place: number;
  readonly weight: number;
}

/**
 * Places follow from sizes, and are computed here in double as in the cpu backend: ONNX' Resize computes them in float,
 * which puts some on the other side of a boundary.
 */
export const RESIZE_KERNELS: readonly Kernel[] = [
  resize("ResizeNearestNeighbor", { mixtureOf: nearest, dtypeOf: ownDtype }),
  resize("ResizeBilinear", { mixtureOf: linear, dtypeOf: () => "float32" }),
  resizeGrad("ResizeNearestNeighborGrad", { mixtureOf: nearest, dtypeOf: ownDtype }),
  resizeGrad("ResizeBilinearGrad", { mixtureOf: linear, dtypeOf: () => "float32" }),
];

interface Method {
  readonly mixtureOf: (change: AxisChange) => Mixture;
  /** Of the results for these images. */
  readonly dtypeOf: (images: TensorInfo) => GraphDtype;
}

function resize(name: string, { mixtureOf, dtypeOf }: Method): Kernel {
  return kernel<{ images: TensorInfo }, ResizeAttrs>(name, ({ images }, attrs, backend) => {
    const rows = changeOf(images, attrs, 1);
    const columns = changeOf(images, attrs, 2);
    for (const { oldLength, newLength } of [rows, columns]) {
      util.assert(
        oldLength > 0 || newLength === 0,
        () => `${name}: images of shape ${images.shape} have no pixels to show`,
      );
    }
    const value = castValue(backend, backend.value(images), dtypeOf(images));
    return backend.tensor(resample(backend, value, [mixtureOf(rows), mixtureOf(columns)]));
  });
}

/** As in the cpu backend it is the gradient of resizing by whole pixels, also where `halfPixelCenters` is set. */
function resizeGrad(name: string, { mixtureOf, dtypeOf }: Method): Kernel {
  return kernel<{ images: TensorInfo; dy: TensorInfo }, Omit<ResizeAttrs, "size">>(
    name,
    ({ images, dy }, { alignCorners }, backend) => {
      const [, height, width] = dy.shape as [number, number, number, number];
      const attrs = { size: [height, width], alignCorners, halfPixelCenters: false } as const;
      const backwards = (axis: 1 | 2): Mixture => {
        const change = changeOf(images, attrs, axis);
        return transposed(mixtureOf(change), change.oldLength);
      };
      const given = castValue(backend, backend.value(dy), "float32");
      const sums = resample(backend, given, [backwards(1), backwards(2)]);
      return backend.tensor(castValue(backend, sums, dtypeOf(images)));
    },
  );
}

function ownDtype({ dtype }: TensorInfo): GraphDtype {
  return dtype as GraphDtype;
}

/** How the height (axis 1) or width (axis 2) changes. */
function changeOf(
  images: TensorInfo,
  { size, alignCorners, halfPixelCenters }: ResizeAttrs,
  axis: 1 | 2,
): AxisChange {
  const oldLength = images.shape[axis] as number;
  return { oldLength, newLength: size[axis - 1] as number, alignCorners, halfPixelCenters };
}

/** Old places per new place. */
function scaleOf({ oldLength, newLength, alignCorners }: AxisChange): number {
  return alignCorners && newLength > 1 ? (oldLength - 1) / (newLength - 1) : oldLength / newLength;
}

function nearest(change: AxisChange): Mixture {
  const scale = scaleOf(change);
  const round = change.alignCorners ? Math.round : Math.floor;
  const offset = change.halfPixelCenters ? 0.5 : 0;
  return Array.from({ length: change.newLength }, (_, i) => [
    { place: Math.min(change.oldLength - 1, round(scale * (i + offset))), weight: 1 },
  ]);
}

function linear(change: AxisChange): Mixture {
  const scale = scaleOf(change);
  const offset = change.halfPixelCenters ? 0.5 : 0;
  return Array.from({ length: change.newLength }, (_, i) => {
    const at = scale * (i + offset) - offset;
    const low = Math.max(0, Math.floor(at));
    const high = Math.min(change.oldLength - 1, Math.ceil(at));
    if (high <= low) return [{ place: low, weight: 1 }];
    return [
      { place: low, weight: 1 - (at - low) },
      { place: high, weight: at - low },
    ];
  });
}

/** Of each place what it has become part of. */
function transposed(mixture: Mixture, length: number): Mixture {
  const uses = Array.from({ length }, (): Share[] => []);
  mixture.forEach((shares, i) => {
    for (const { place, weight } of shares) uses[place]?.push({ place: i, weight });
  });
  return uses;
}

/** Mixes rows and columns of `[batch, height, width, channels]`. */
function resample(
  backend: OnnxruntimeBackend,
  value: Value,
  [rows, columns]: readonly [Mixture, Mixture],
): Value {
  // Columns are short slices and take longest: they are mixed while there are fewer rows.
  if (rows.length < (value.shape[1] as number)) {
    return mix(backend, mix(backend, value, { axis: 1, mixture: rows }), {
      axis: 2,
      mixture: columns,
    });
  }
  return mix(backend, mix(backend, value, { axis: 2, mixture: columns }), {
    axis: 1,
    mixture: rows,
  });
}

/**
 * Above so many places that one place is made of, they are added up by a matrix product: it takes as long as its matrix
 * has elements, zeros included, and is faster where a few places became many. `[8, 28, 28, 64]` from `[8, 112, 112, 64]`,
 * 8 places: 12 ms as products, 30 ms as sums; `[1, 512, 512, 3]` from `[1, 1024, 1024, 3]`, 3 places: 78 and 33 ms (AMD
 * EPYC, 2 threads).
 */
const MAX_TERMS = 4;

function mix(
  backend: OnnxruntimeBackend,
  value: Value,
  along: { axis: 1 | 2; mixture: Mixture },
): Value {
  const { axis, mixture } = along;
  const shape = value.shape.map((size, i) => (i === axis ? mixture.length : size));
  const length = value.shape[axis] as number;
  const terms = Math.max(0, ...mixture.map((shares) => shares.length));
  if (terms === 0) return filled(backend, shape, { dtype: value.dtype, value: 0 });
  if (terms > MAX_TERMS) {
    const before = sizeOf(shape.slice(0, axis));
    const after = sizeOf(shape.slice(axis + 1));
    const slices = viewOf(value, [before, length, after]);
    return viewOf(product(backend, [matrixOf(mixture, length), slices]), shape);
  }
  const call = on(backend, shape);
  const paddings = shape.map((_, i) => [0, i === axis ? 1 : 0] as const);
  const term = (k: number): Value => {
    const shares = mixture.map((all) => all[k]);
    if (shares.every((share) => share === undefined || share.weight === 1)) {
      const isComplete = shares.every((share) => share !== undefined);
      const from = isComplete ? value : pad(backend, value, { paddings, constantValue: 0 });
      return gather(backend, [from, placesOf(shares, length)], axis);
    }
    const data = Float32Array.from(shares, (share) => share?.weight ?? 0);
    const inner = shape.slice(axis + 1).map(() => 1);
    const weights = createValue("float32", [data.length, ...inner], { data });
    return call("Mul", gather(backend, [value, placesOf(shares, 0)], axis), weights);
  };
  let sum = term(0);
  for (let k = 1; k < terms; k++) sum = call("Add", sum, term(k));
  return sum;
}

/** int32 `[places of the result]`, with `none` where there is no share */
function placesOf(shares: readonly (Share | undefined)[], none: number): Value {
  const data = Int32Array.from(shares, (share) => share?.place ?? none);
  return createValue("int32", [data.length], { data });
}

/** float32 `[places of the result, length]` */
function matrixOf(mixture: Mixture, length: number): Value {
  const data = new Float32Array(mixture.length * length);
  mixture.forEach((shares, i) => {
    for (const { place, weight } of shares) data[i * length + place] = weight;
  });
  return createValue("float32", [mixture.length, length], { data });
}
