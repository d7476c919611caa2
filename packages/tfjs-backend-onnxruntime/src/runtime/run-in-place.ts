import type { NativeSession, NativeTensor } from "./ort-binding.ts";

/** A class that tensors are made of, whatever its arguments. */
export type TensorClass = new (...parts: never[]) => object;

const WRITTEN = new Error("the outputs are written");
let inPlace = false;

/**
 * Runs a session whose outputs are all given, in place.
 *
 * The binding writes given outputs where they are, and then copies each of them once more, into new memory that it makes
 * a tensor of: at 1.5 ms a megabyte, a quarter of a training step. So the class that it makes tensors of stops it at
 * the first output, which is the smallest one (`emitModel`), when everything is written.
 * @throws what the run throws
 */
export function runInPlace(
  session: NativeSession,
  feeds: Record<string, NativeTensor>,
  outputs: Record<string, NativeTensor>,
): void {
  inPlace = true;
  try {
    session.run(feeds, outputs, NO_OPTIONS);
  } catch (error) {
    if (error !== WRITTEN) throw error;
  } finally {
    inPlace = false;
  }
}

const NO_OPTIONS = {};

/** The class to start the binding with: `Tensor` itself for everyone else in the process. */
export function stoppingTensorClass(Tensor: TensorClass): TensorClass {
  return class {
    constructor(...parts: never[]) {
      if (inPlace) throw WRITTEN;
      // biome-ignore lint/correctness/noConstructorReturn: whoever else runs a session gets tensors of their own class
      return new Tensor(...parts);
    }
  };
}
