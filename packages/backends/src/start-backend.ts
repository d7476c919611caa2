import { didYouMean, EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { registerTensorflow } from "./register-tensorflow.ts";

/** The engines a program can ask for. */
export const BACKEND_NAMES = ["onnxruntime", "tensorflow", "wasm", "cpu"] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

/**
 * Registers and starts the TensorFlow.js backend of this name; only what is chosen is loaded.
 * @param name    one of `BACKEND_NAMES`
 * @param options.threads of the `onnxruntime` engine; its own default when left out
 * @throws {EspalierError} CONFIG_INVALID for an unknown name, BACKEND_UNAVAILABLE with what to install
 */
export async function startBackend(
  name: string,
  options: { readonly threads?: number | undefined } = {},
): Promise<void> {
  // Otherwise tfjs greets every Node program that touches its cpu backend.
  tf.env().set("PROD", true);
  await register(name, options.threads);
  if (!(await tf.setBackend(name)))
    throw new EspalierError("BACKEND_UNAVAILABLE", `backend ${name} did not start on this machine`);
  await tf.ready();
}

async function register(name: string, threads: number | undefined): Promise<void> {
  switch (name as BackendName) {
    case "onnxruntime": {
      const { registerOnnxruntimeBackend } = await import("tfjs-backend-onnxruntime");
      registerOnnxruntimeBackend(threads === undefined ? {} : { threads });
      return;
    }
    case "cpu":
      await import("@tensorflow/tfjs-backend-cpu");
      return;
    case "wasm":
      await import("@tensorflow/tfjs-backend-wasm");
      return;
    case "tensorflow":
      registerTensorflow();
      return;
    default:
      throw new EspalierError(
        "CONFIG_INVALID",
        `backend "${name}" is not one of ${BACKEND_NAMES.join(", ")}${didYouMean(name, BACKEND_NAMES)}`,
      );
  }
}
