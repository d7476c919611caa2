import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";

/** One kernel of the backend: it records, and returns tensors whose values come later. */
export interface Kernel {
  readonly name: string;
  readonly run: (
    inputs: never,
    attrs: never,
    backend: OnnxruntimeBackend,
  ) => TensorInfo | TensorInfo[];
}

/**
 * @param name the kernel's name in TensorFlow.js
 * @param run inputs and attributes as tfjs' `*Inputs` and `*Attrs` types describe them
 */
export function kernel<Inputs, Attrs = unknown>(
  name: string,
  run: (inputs: Inputs, attrs: Attrs, backend: OnnxruntimeBackend) => TensorInfo | TensorInfo[],
): Kernel {
  return { name, run: run as Kernel["run"] };
}
