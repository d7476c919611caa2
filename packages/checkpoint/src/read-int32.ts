import { EspalierError } from "@espalier/core";
import { requireTensor } from "./read-float32.ts";
import type { Safetensors } from "./safetensors.ts";

/**
 * The values of an integer tensor (I64, I32, I16, I8, U8, …) as int32: I32 without a copy.
 * @param shape the shape the caller needs; unchecked when left out
 * @throws {EspalierError} FILE_INVALID naming the file and the tensor when it is missing, has another shape, is not an
 *   integer tensor or holds a value outside int32
 */
export function readInt32(
  weights: Safetensors,
  name: string,
  shape?: readonly number[],
): Int32Array<ArrayBuffer> {
  const { dtype, data } = requireTensor(weights, name, shape);
  if (dtype === "I32") return data as Int32Array<ArrayBuffer>;
  const place = `${weights.file}: tensor ${JSON.stringify(name)}`;
  if (dtype === "F64" || dtype === "F32" || dtype === "F16" || dtype === "BF16")
    throw new EspalierError("FILE_INVALID", `${place} has dtype ${dtype}, expected integers`);
  const values = new Int32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (value !== (value | 0))
      throw new EspalierError(
        "FILE_INVALID",
        `${place} holds ${data[i]} at position ${i}, which does not fit int32`,
      );
    values[i] = value;
  }
  return values;
}
