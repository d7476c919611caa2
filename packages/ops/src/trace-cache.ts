import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { backendOffer } from "./backend-offer.ts";
import { gradientsAreTaken } from "./gradients-are-taken.ts";
import type { NativeTrace, TracedCode, TracingBackend } from "./native-tracing.ts";
import { registerCoreGradients } from "./register-core-gradients.ts";

/** How compiled functions are kept and cancelled. */
export interface CompileOptions {
  /** Recordings that are kept, least recently used first out. Default 64. */
  readonly maxTraces?: number;
}

export interface CompiledCall {
  /** Aborted: the call throws before anything is changed. */
  readonly signal?: AbortSignal | undefined;
}

/** A function as it is recorded. */
export interface Trace {
  readonly native: NativeTrace;
  /** Of its outputs. */
  readonly names: readonly string[];
}

/** Recordings of one function by key. */
export interface TraceCache<Kind extends Trace> {
  readonly size: number;
  /**
   * @returns undefined where the function has to run instead: the backend can't record, or gradients are being taken
   * @throws {EspalierError} ABORTED when the signal is
   */
  get(key: string, record: (backend: TracingBackend) => Kind, call: CompiledCall): Kind | undefined;
  dispose(): void;
}

/** @throws {EspalierError} CONFIG_INVALID when `maxTraces` is not a positive integer */
export function createTraceCache<Kind extends Trace>({
  maxTraces = 64,
}: CompileOptions): TraceCache<Kind> {
  if (!Number.isInteger(maxTraces) || maxTraces < 1) {
    throw new EspalierError(
      "CONFIG_INVALID",
      `compile: maxTraces is ${maxTraces}, expected at least 1`,
    );
  }
  // The order of a Map is that of insertion: the first entry was used longest ago.
  const traces = new Map<string, { readonly trace: Kind; readonly backend: TracingBackend }>();
  return {
    get size() {
      return traces.size;
    },
    get(key, record, { signal }) {
      if (signal?.aborted) {
        throw new EspalierError("ABORTED", "compile: the call was cancelled", {
          cause: signal.reason,
        });
      }
      registerCoreGradients();
      const backend = backendOffer<TracingBackend>(tf.backend(), "trace");
      if (backend === undefined || gradientsAreTaken()) return undefined;
      const known = traces.get(key);
      const entry = known?.backend === backend ? known : { trace: record(backend), backend };
      traces.delete(key);
      traces.set(key, entry);
      for (const [oldestKey, oldest] of traces) {
        if (traces.size <= maxTraces) break;
        release(oldest);
        traces.delete(oldestKey);
      }
      return entry.trace;
    },
    dispose() {
      for (const trace of traces.values()) release(trace);
      traces.clear();
    },
  };
}

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, tf.Tensor>>;

/** Records code that names its outputs. */
export function recordNamed(
  backend: TracingBackend,
  sizeCount: number,
  code: (recording: Parameters<TracedCode>[0]) => NamedTensors,
): Trace {
  let names: string[] = [];
  const native = backend.trace(sizeCount, (recording) => {
    const outputs = code(recording);
    names = Object.keys(outputs);
    return Object.values(outputs);
  });
  return { native, names };
}

/** What a compiled function has beside its call. */
export interface WithTraces {
  /** Recordings that are kept. */
  readonly traces: number;
  /** Frees what is recorded; the function can still be called. */
  dispose(): void;
}

export function withTraces<Call extends object>(
  call: Call,
  traces: TraceCache<Trace>,
): Call & WithTraces {
  return Object.defineProperties(call as Call & WithTraces, {
    traces: { get: () => traces.size },
    dispose: { value: traces.dispose },
  });
}

/** Tensors under the names of a recording's outputs. */
export function named<Outputs>({ names }: Trace, tensors: readonly tf.Tensor[]): Outputs {
  return Object.fromEntries(names.map((name, i) => [name, tensors[i]])) as Outputs;
}

/** What a backend that is gone held is gone with it. */
function release(entry: { readonly trace: Trace; readonly backend: TracingBackend }): void {
  if ((tf.backend() as unknown) === entry.backend) entry.trace.native.dispose();
}
