import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";

/** The engines `--backend` accepts. */
export const BACKEND_NAMES = ["onnxruntime", "tensorflow", "wasm", "cpu"] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

/** The `--backend` and `--threads` options every command that computes takes. */
export const backendOptions = {
  backend: {
    kind: "choice",
    choices: BACKEND_NAMES,
    default: "onnxruntime",
    description: "the engine that computes",
  },
  threads: {
    kind: "integer",
    min: 1,
    description: "threads of the onnxruntime engine; physical cores when left out",
  },
} as const;

/**
 * Registers and starts an engine; only what is chosen is loaded.
 * @throws {EspalierError} BACKEND_UNAVAILABLE with what to install
 */
export async function startBackend(options: {
  readonly backend: string;
  readonly threads: number | undefined;
}): Promise<void> {
  const name = options.backend as BackendName;
  await register(name, options.threads);
  if (!(await tf.setBackend(name)))
    throw new EspalierError("BACKEND_UNAVAILABLE", `backend ${name} did not start on this machine`);
  await tf.ready();
}

async function register(name: BackendName, threads: number | undefined): Promise<void> {
  switch (name) {
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
      await registerTensorflow();
  }
}

async function registerTensorflow(): Promise<void> {
  const failures: string[] = [];
  for (const name of ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"]) {
    try {
      await import(name);
      return;
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      const missing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
      failures.push(`${name} ${missing ? "is not installed" : "has no working native part"}`);
    }
  }
  throw new EspalierError(
    "BACKEND_UNAVAILABLE",
    `backend tensorflow: ${failures.join("; ")}. Install one with its native part, ` +
      `npm install @tensorflow/tfjs-node-gpu (CUDA) or npm install @tensorflow/tfjs-node, with install scripts ` +
      `allowed and a compiler at hand (npm rebuild … --build-addon-from-source), ` +
      `or leave --backend out: onnxruntime needs neither`,
  );
}
