import { EspalierError } from "@espalier/core";
import { encodeModel } from "@espalier/onnx";
import { EXECUTION_PROVIDERS, type ExecutionProvider } from "../execution-providers.ts";
import type { OrtBinding } from "./ort-binding.ts";

/**
 * Options of every session.
 * @throws {EspalierError} BACKEND_UNAVAILABLE when the installed onnxruntime-node has no such provider, or has it and
 * it does not start here: no graphics card, no driver, a library that is missing
 */
export function sessionOptions(
  binding: OrtBinding,
  options: { threads: number; executionProvider: ExecutionProvider; flushDenormals: boolean },
): (arena: boolean) => object {
  const { executionProvider, threads } = options;
  const optionsOf = (arena: boolean): object => ({
    enableCpuMemArena: arena,
    enableMemPattern: arena,
    executionProviders: executionProvider === "cpu" ? ["cpu"] : [executionProvider, "cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    logSeverityLevel: 4,
    extra: {
      // It would fold the transposes of `product` back into the products, where they cost more.
      optimization: { disable_specified_optimizers: "MatmulTransposeFusion" },
      session: {
        set_denormal_as_zero: options.flushDenormals ? "1" : "0",
        // Without it the threads of the last session spin on while another one runs: calls take 2-3 times as long.
        force_spinning_stop: "1",
      },
    },
  });
  if (executionProvider !== "cpu") expectProvider(binding, executionProvider, optionsOf(false));
  return optionsOf;
}

function expectProvider(binding: OrtBinding, provider: ExecutionProvider, options: object): void {
  const installed = new Set(binding.listSupportedBackends().map(({ name }) => name));
  const known = EXECUTION_PROVIDERS.filter((name) => installed.has(name)).join(", ");
  const here = `onnxruntime-node on ${process.platform}-${process.arch} has ${known}`;
  if (!installed.has(provider)) {
    throw new EspalierError(
      "BACKEND_UNAVAILABLE",
      `execution provider "${provider}" is not in the installed onnxruntime-node: ${here}`,
    );
  }
  // A session is where a provider looks for its device and libraries.
  const model = encodeModel(IDENTITY, { opset: 21 });
  const session = new binding.InferenceSession();
  try {
    session.loadModel(model.buffer, model.byteOffset, model.byteLength, options);
  } catch (cause) {
    throw new EspalierError(
      "BACKEND_UNAVAILABLE",
      `execution provider "${provider}" does not start on this machine: ${reason(cause as Error)}; ${here}`,
      { cause },
    );
  }
  session.dispose();
}

/** Without the place in ONNX Runtime's own sources that its messages begin with. */
function reason({ message }: Error): string {
  return (
    message
      .trim()
      .split("\n")[0]
      ?.replace(/^\S+\.cc:\d+ .* was false\. /, "") ?? message
  );
}

const IDENTITY = {
  inputs: [{ name: "x", dtype: "float32", shape: [1] }],
  outputs: [{ name: "y", dtype: "float32", shape: [1] }],
  nodes: [{ opType: "Identity", inputs: ["x"], outputs: ["y"] }],
  initializers: [],
} as const;
