import { EspalierError } from "@espalier/core";
import type { OrtBinding } from "./ort-binding.ts";

/** Where ONNX Runtime runs its operators. */
export type ExecutionProvider = "cpu" | "cuda" | "webgpu" | "coreml" | "dml";

/**
 * Options of every session.
 * @throws {EspalierError} BACKEND_UNAVAILABLE when the installed onnxruntime-node has no such provider
 */
export function sessionOptions(
  binding: OrtBinding,
  options: { threads: number; executionProvider: ExecutionProvider; flushDenormals: boolean },
): (arena: boolean) => object {
  const { executionProvider, threads } = options;
  const supported = binding.listSupportedBackends().map((backend) => backend.name);
  if (!supported.includes(executionProvider)) {
    throw new EspalierError(
      "BACKEND_UNAVAILABLE",
      `execution provider "${executionProvider}" is not in the installed onnxruntime-node ` +
        `(${process.platform}-${process.arch} has ${supported.join(", ")})`,
    );
  }
  return (arena) => ({
    enableCpuMemArena: arena,
    enableMemPattern: arena,
    executionProviders: executionProvider === "cpu" ? ["cpu"] : [executionProvider, "cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    logSeverityLevel: 4,
    extra: {
      session: {
        set_denormal_as_zero: options.flushDenormals ? "1" : "0",
        // Without it the threads of the last session spin on while another one runs: calls take 2-3 times as long.
        force_spinning_stop: "1",
      },
    },
  });
}
