import * as tf from "@tensorflow/tfjs-core";
import {
  type CompiledCall,
  type CompileOptions,
  createTraceCache,
  type NamedTensors,
  named,
  recordNamed,
  type Trace,
  type WithTraces,
  withTraces,
} from "./trace-cache.ts";

/** A function of tensors whose code runs once per input signature; `traces` counts the signatures that are recorded. */
export interface Compiled<Inputs extends NamedTensors, Outputs extends NamedTensors>
  extends WithTraces {
  /**
   * @returns the function's outputs, the caller's to dispose
   * @throws {EspalierError} ABORTED when the signal is; UNSUPPORTED when the function can't be recorded
   */
  (inputs: Inputs, call?: CompiledCall): Outputs;
}

/**
 * Makes a function that runs without its code: the first call with inputs of some dtypes and shapes records the
 * operations, gradients included, and later ones only append what was recorded to the backend's graph. Variables are read
 * and assigned anew at every call.
 *
 * Tensors that the function closes over, single numbers and conditions in its code are constants, so it may depend on its
 * inputs, on variables, and on nothing else that changes. Reading values inside (`dataSync`) and making tensors of host
 * arrays (labels, random numbers, masks of dropout) are errors: `compileBatches` takes those from each batch.
 *
 * On backends that can't record, and while gradients are being taken of the call itself, the function just runs.
 * @throws {EspalierError} CONFIG_INVALID when `maxTraces` is not a positive integer
 */
export function compile<Inputs extends NamedTensors, Outputs extends NamedTensors>(
  fn: (inputs: Inputs) => Outputs,
  options: CompileOptions = {},
): Compiled<Inputs, Outputs> {
  const traces = createTraceCache<Trace>(options);
  const call = (inputs: Inputs, compiledCall: CompiledCall = {}): Outputs => {
    const trace = traces.get(
      signatureOf(inputs),
      (backend) =>
        recordNamed(backend, 0, ({ input }) => {
          const standIns = Object.entries(inputs).map(([name, like]) => [name, input(like)]);
          return fn(Object.fromEntries(standIns) as Inputs);
        }),
      compiledCall,
    );
    if (trace === undefined) return tf.tidy(() => fn(inputs));
    return named(trace, trace.native.run(Object.values(inputs)));
  };
  return withTraces(call, traces);
}

function signatureOf(inputs: NamedTensors): string {
  return Object.entries(inputs)
    .map(([name, { dtype, shape }]) => `${name}:${dtype}[${shape.join()}]`)
    .join(" ");
}
