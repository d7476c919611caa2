import { didYouMean, EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import type { BackendOptions } from "tfjs-backend-onnxruntime";
import {
  EXECUTION_PROVIDERS,
  type ExecutionProvider,
} from "tfjs-backend-onnxruntime/execution-providers";
import { completeWasm } from "./complete-wasm.ts";
import { registerTensorflow } from "./register-tensorflow.ts";
import { speedUpWasm } from "./speed-up-wasm.ts";

/** The engines a program can ask for. */
export const BACKEND_NAMES = ["onnxruntime", "tensorflow", "wasm", "cpu"] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

/** Where the `onnxruntime` engine can compute. */
export const PROVIDERS: readonly ExecutionProvider[] = EXECUTION_PROVIDERS;

export interface StartOptions {
  /** Of the `onnxruntime` engine; its own default when left out. */
  readonly threads?: number | undefined;
  /** Of the `onnxruntime` engine only; `"cpu"` when left out. */
  readonly provider?: ExecutionProvider | undefined;
  /** Of the `onnxruntime` engine only: NaN and infinity become errors that name the operation. Default false. */
  readonly checkNumbers?: boolean | undefined;
}

/**
 * Registers and starts the TensorFlow.js backend of this name; only what is chosen is loaded.
 * @param name one of `BACKEND_NAMES`
 * @throws {EspalierError} CONFIG_INVALID for an unknown name, or a setting that another engine has; BACKEND_UNAVAILABLE
 * with what to install, or what the installed onnxruntime-node has
 */
export async function startBackend(name: string, options: StartOptions = {}): Promise<void> {
  // Otherwise tfjs greets every Node program that touches its cpu backend.
  tf.env().set("PROD", true);
  await register(name, options);
  if (!(await tf.setBackend(name)))
    throw new EspalierError("BACKEND_UNAVAILABLE", `backend ${name} did not start on this machine`);
  await tf.ready();
}

async function register(name: string, options: StartOptions): Promise<void> {
  const { provider, checkNumbers } = options;
  if (!BACKEND_NAMES.includes(name as BackendName))
    throw new EspalierError(
      "CONFIG_INVALID",
      `backend "${name}" is not one of ${BACKEND_NAMES.join(", ")}${didYouMean(name, BACKEND_NAMES)}`,
    );
  if (provider !== undefined && name !== "onnxruntime")
    throw new EspalierError(
      "CONFIG_INVALID",
      `provider "${provider}": only the backend onnxruntime has providers, not ${name}`,
    );
  if (checkNumbers && name !== "onnxruntime")
    throw new EspalierError(
      "CONFIG_INVALID",
      `checking numbers: only the backend onnxruntime can, not ${name}`,
    );
  switch (name as BackendName) {
    case "onnxruntime": {
      const { registerOnnxruntimeBackend } = await import("tfjs-backend-onnxruntime");
      registerOnnxruntimeBackend(onnxruntimeOptions(options));
      return;
    }
    case "cpu":
      await import("@tensorflow/tfjs-backend-cpu");
      return;
    case "wasm":
      await import("@tensorflow/tfjs-backend-wasm");
      completeWasm();
      speedUpWasm();
      return;
    case "tensorflow":
      registerTensorflow();
      return;
  }
}

function onnxruntimeOptions({ threads, provider, checkNumbers }: StartOptions): BackendOptions {
  return {
    ...(threads === undefined ? {} : { threads }),
    ...(provider === undefined ? {} : { executionProvider: provider }),
    ...(checkNumbers === undefined ? {} : { checkNumbers }),
  };
}
