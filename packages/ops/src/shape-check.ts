import { EspalierError } from "@espalier/core";

interface Shaped {
  readonly shape: readonly number[];
  readonly dtype: string;
}

/**
 * Checks an argument's shape and dtype.
 * @param place what the argument is called where the user reads it, as `linear: weight`
 * @param expected one entry per dimension; a string stands for any size and names it in the message
 * @throws {EspalierError} SHAPE_MISMATCH with both shapes
 */
export function expectShape(
  place: string,
  tensor: Shaped,
  expected: readonly (number | string)[],
): void {
  const { shape } = tensor;
  const fits =
    shape.length === expected.length &&
    expected.every((size, i) => typeof size === "string" || size === shape[i]);
  if (!fits) {
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `${place} has shape [${shape.join(", ")}], expected [${expected.join(", ")}]`,
    );
  }
}

/** @throws {EspalierError} SHAPE_MISMATCH with both dtypes */
export function expectDtype(place: string, tensor: Shaped, dtype: "float32" | "int32"): void {
  if (tensor.dtype !== dtype) {
    throw new EspalierError("SHAPE_MISMATCH", `${place} is ${tensor.dtype}, expected ${dtype}`);
  }
}
