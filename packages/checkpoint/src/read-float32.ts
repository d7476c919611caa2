import { didYouMean, EspalierError } from "@espalier/core";
import { bfloat16ToFloat32, halfToFloat32 } from "./half-precision.ts";
import type { Safetensors, SafetensorsTensor } from "./safetensors.ts";

/**
 * The values of a floating-point tensor as float32: F32 without a copy, F16 and BF16 widened exactly, F64
 * rounded.
 * @param shape the shape the caller needs; unchecked when left out
 * @throws {EspalierError} FILE_INVALID naming the file and the tensor when it is missing, has another shape or
 *   holds integers
 */
export function readFloat32(
  weights: Safetensors,
  name: string,
  shape?: readonly number[],
): Float32Array<ArrayBuffer> {
  const tensor = requireTensor(weights, name, shape);
  switch (tensor.dtype) {
    case "F32":
      return tensor.data;
    case "F16":
      return halfToFloat32(tensor.data);
    case "BF16":
      return bfloat16ToFloat32(tensor.data);
    case "F64":
      return Float32Array.from(tensor.data);
    default:
      throw new EspalierError(
        "FILE_INVALID",
        `${weights.file}: tensor ${JSON.stringify(name)} has dtype ${tensor.dtype}, expected F32, F16, BF16 or F64`,
      );
  }
}

/** A tensor by name and, when given, by shape. @throws {EspalierError} FILE_INVALID as `readFloat32` */
export function requireTensor(
  weights: Safetensors,
  name: string,
  shape?: readonly number[],
): SafetensorsTensor {
  const tensor = weights.tensors.get(name);
  if (tensor === undefined)
    throw new EspalierError(
      "FILE_INVALID",
      `${weights.file}: tensor ${JSON.stringify(name)} is missing${didYouMean(name, weights.tensors.keys())}`,
    );
  if (shape !== undefined && !sameShape(shape, tensor.shape))
    throw new EspalierError(
      "FILE_INVALID",
      `${weights.file}: tensor ${JSON.stringify(name)} has shape [${tensor.shape.join(", ")}], expected [${shape.join(", ")}]`,
    );
  return tensor;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
