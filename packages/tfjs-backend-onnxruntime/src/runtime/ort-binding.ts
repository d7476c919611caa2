import { createRequire } from "node:module";
import { isMainThread } from "node:worker_threads";
import { EspalierError } from "@espalier/core";
import type { GraphDtype, HostArray } from "../graph/value.ts";
import { stoppingTensorClass, type TensorClass } from "./run-in-place.ts";

/** A tensor as the native binding reads it: any object with these properties will do. */
export interface NativeTensor {
  readonly type: GraphDtype;
  readonly data: HostArray;
  readonly dims: readonly number[];
  readonly location: "cpu";
}

/** The synchronous session under onnxruntime-node's promises. */
export interface NativeSession {
  loadModel(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, options: object): void;
  /** Outputs that are given are written in place. */
  run(
    feeds: Record<string, NativeTensor>,
    fetches: Record<string, NativeTensor>,
    options: object,
  ): Record<string, unknown>;
  dispose(): void;
}

export interface OrtBinding {
  readonly InferenceSession: new () => NativeSession;
  listSupportedBackends(): { readonly name: string; readonly bundled: boolean }[];
}

/**
 * Loads ONNX Runtime's native library. onnxruntime-node's public API only runs asynchronously, but
 * `tensor.dataSync()` has to have its values at once; the session beneath it is synchronous anyway.
 * @throws {EspalierError} BACKEND_UNAVAILABLE when there is no binary for this platform
 */
export function loadOrtBinding(): OrtBinding {
  const require = createRequire(import.meta.url);
  try {
    const { binding } = require("onnxruntime-node/dist/binding.js") as {
      binding: OrtBinding & { initOrtOnce(...start: unknown[]): void };
    };
    const { Tensor } = require("onnxruntime-node") as { Tensor: TensorClass };
    binding.initOrtOnce(LOG_FATAL_ONLY, stoppingTensorClass(Tensor), isMainThread);
    return binding;
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`;
    throw new EspalierError(
      "BACKEND_UNAVAILABLE",
      `ONNX Runtime cannot be loaded on ${platform}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** The process's log level is fixed when ONNX Runtime starts; whatever it would print as an error is thrown as well. */
const LOG_FATAL_ONLY = 4;
