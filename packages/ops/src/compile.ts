import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { backendOffer } from "./backend-offer.ts";
import type { NativeTrace, TracingBackend } from "./native-tracing.ts";
import { registerCoreGradients } from "./register-core-gradients.ts";

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, tf.Tensor>>;

export interface CompiledCall {
  /** Aborted: the call throws before anything is changed. */
  readonly signal?: AbortSignal | undefined;
}

/** A function of tensors whose code runs once per input signature. */
export interface Compiled<Inputs extends NamedTensors, Outputs extends NamedTensors> {
  /**
   * @returns the function's outputs, the caller's to dispose
   * @throws {EspalierError} ABORTED when the signal is; UNSUPPORTED when the function can't be recorded
   */
  (inputs: Inputs, call?: CompiledCall): Outputs;
  /** Signatures that are recorded. */
  readonly traces: number;
  /** Frees what is recorded; the function can still be called. */
  dispose(): void;
}

export interface CompileOptions {
  /** Signatures that are kept, least recently used first out. Default 64. */
  readonly maxTraces?: number;
}

/**
 * Makes a function that runs without its code: the first call with inputs of some dtypes and shapes records the
 * operations, gradients included, and later ones only append what was recorded to the backend's graph. Variables are read
 * and assigned anew at every call.
 *
 * Tensors that the function closes over, single numbers and conditions in its code are constants, so it may depend on its
 * inputs, on variables, and on nothing else that changes. Reading values inside (`dataSync`), making tensors of host
 * arrays (labels, random numbers), and dropout, whose mask is drawn outside of the graph, are errors.
 *
 * On backends that can't record, and while gradients are being taken of the call itself, the function just runs.
 * @throws {EspalierError} CONFIG_INVALID when `maxTraces` is not a positive integer
 */
export function compile<Inputs extends NamedTensors, Outputs extends NamedTensors>(
  fn: (inputs: Inputs) => Outputs,
  options: CompileOptions = {},
): Compiled<Inputs, Outputs> {
  const { maxTraces = 64 } = options;
  if (!Number.isInteger(maxTraces) || maxTraces < 1) {
    throw new EspalierError(
      "CONFIG_INVALID",
      `compile: maxTraces is ${maxTraces}, expected at least 1`,
    );
  }
  // The order of a Map is that of insertion: the first entry was used longest ago.
  const traces = new Map<string, Trace>();
  const call = (inputs: Inputs, { signal }: CompiledCall = {}): Outputs => {
    if (signal?.aborted) {
      throw new EspalierError("ABORTED", "compile: the call was cancelled", {
        cause: signal.reason,
      });
    }
    registerCoreGradients();
    const backend = backendOffer<TracingBackend>(tf.backend(), "trace");
    if (backend === undefined || gradientsAreTaken()) return tf.tidy(() => fn(inputs));
    const signature = signatureOf(inputs);
    const known = traces.get(signature);
    const trace = known?.backend === backend ? known : record(backend, fn, inputs);
    traces.delete(signature);
    traces.set(signature, trace);
    for (const [key, oldest] of traces) {
      if (traces.size <= maxTraces) break;
      release(oldest);
      traces.delete(key);
    }
    const outputs = trace.native.run(Object.values(inputs));
    return Object.fromEntries(
      trace.names.map((name, i) => [name, outputs[i]]),
    ) as unknown as Outputs;
  };
  return Object.defineProperties(call as Compiled<Inputs, Outputs>, {
    traces: { get: () => traces.size },
    dispose: {
      value: () => {
        for (const trace of traces.values()) release(trace);
        traces.clear();
      },
    },
  });
}

interface Trace {
  readonly native: NativeTrace;
  readonly backend: TracingBackend;
  readonly names: readonly string[];
}

function record<Inputs extends NamedTensors, Outputs extends NamedTensors>(
  backend: TracingBackend,
  fn: (inputs: Inputs) => Outputs,
  inputs: Inputs,
): Trace {
  const inputNames = Object.keys(inputs);
  let names: string[] = [];
  const native = backend.trace(Object.values(inputs), (standIns) => {
    const named = Object.fromEntries(inputNames.map((name, i) => [name, standIns[i]]));
    const outputs = fn(named as unknown as Inputs);
    names = Object.keys(outputs);
    return Object.values(outputs);
  });
  return { native, backend, names };
}

/** What a backend that is gone held is gone with it. */
function release({ native, backend }: Trace): void {
  if ((tf.backend() as unknown) === backend) native.dispose();
}

function signatureOf(inputs: NamedTensors): string {
  return Object.entries(inputs)
    .map(([name, { dtype, shape }]) => `${name}:${dtype}[${shape.join()}]`)
    .join(" ");
}

function gradientsAreTaken(): boolean {
  return (tf.engine() as unknown as { isTapeOn(): boolean }).isTapeOn();
}
