import * as tf from "@tensorflow/tfjs-core";
import { OnnxruntimeBackend } from "./backend.ts";
import { registerKernels } from "./kernels/register-kernels.ts";
import { type BackendOptions, resolveOptions } from "./options.ts";
import { loadOrtBinding } from "./runtime/ort-binding.ts";
import { sessionOptions } from "./runtime/session-options.ts";

/** The name to give to `tf.setBackend`. */
export const BACKEND_NAME = "onnxruntime";

/**
 * Makes the backend known to TensorFlow.js, which starts it on its first use (or `tf.setBackend("onnxruntime")`).
 * Called again, the new options hold from the next start of the backend.
 * @throws {EspalierError} BACKEND_UNAVAILABLE when ONNX Runtime or the execution provider is missing or does not
 * start here, CONFIG_INVALID for a bad option
 */
export function registerOnnxruntimeBackend(options: BackendOptions = {}): void {
  // Now, as TensorFlow.js keeps to itself why a backend did not start.
  sessionOptions(loadOrtBinding(), resolveOptions(options));
  current = options;
  if (tf.findBackendFactory(BACKEND_NAME) !== null) return;
  // Above the plain JavaScript (1) and WebAssembly (2) backends.
  tf.registerBackend(BACKEND_NAME, () => new OnnxruntimeBackend(current), 4);
  // A backend that was removed leaves its kernels behind.
  if (tf.getKernel("Add", BACKEND_NAME) == null) registerKernels(BACKEND_NAME);
}

let current: BackendOptions = {};
