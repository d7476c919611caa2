import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import type { TracingBackend } from "./native-tracing.ts";
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

/** Sizes that differ from batch to batch, by name. */
export type BatchSizes = Readonly<Record<string, number>>;

/** What a function of batches takes from a batch. */
export interface BatchFeed<Batch, Sizes extends BatchSizes> {
  /**
   * Made up while the function is recorded: shapes may be products of them and products divided by their parts, and
   * nothing may be decided by them.
   */
  readonly sizes: Sizes;
  /** A tensor of numbers that are computed for each batch. */
  array<Rank extends tf.Rank>(
    dtype: FedDtype,
    shape: tf.ShapeMap[Rank],
    make: MakeNumbers<Batch>,
  ): tf.Tensor<Rank>;
}

export type FedDtype = "float32" | "int32" | "bool";

/** @param length of what is returned: Float32Array, Int32Array or, for bool, Uint8Array */
export type MakeNumbers<Batch> = (
  batch: Batch,
  length: number,
) => Float32Array | Int32Array | Uint8Array;

/** A function of batches whose code runs for the first batch of each way through it; `traces` counts the ways. */
export interface CompiledBatches<Batch, Outputs extends NamedTensors> extends WithTraces {
  /**
   * @returns the function's outputs, the caller's to dispose
   * @throws {EspalierError} ABORTED when the signal is; UNSUPPORTED when the function can't be recorded; SHAPE_MISMATCH
   *   when an array has not as many numbers as its shape
   */
  (batch: Batch, call?: CompiledCall): Outputs;
}

export interface CompileBatchesOptions<Batch, Sizes extends BatchSizes, Way>
  extends CompileOptions {
  /** Batches whose sizes have other names have a recording of their own. */
  readonly sizesOf: (batch: Batch) => Sizes;
  /** What the code decides by, plain data: one recording for each. */
  readonly wayOf: (batch: Batch) => Way;
}

/**
 * `compile` for batches of changing size: one recording serves them all. The code runs on made-up sizes, from which the
 * shapes for every other batch follow; it may depend on what it takes from the feed, on variables, and on its way.
 * @throws {EspalierError} CONFIG_INVALID when `maxTraces` is not a positive integer
 */
export function compileBatches<Batch, Sizes extends BatchSizes, Outputs extends NamedTensors, Way>(
  fn: (feed: BatchFeed<Batch, Sizes>, way: Way) => Outputs,
  options: CompileBatchesOptions<Batch, Sizes, Way>,
): CompiledBatches<Batch, Outputs> {
  const { sizesOf, wayOf } = options;
  const traces = createTraceCache<BatchTrace<Batch>>(options);
  const call = (batch: Batch, compiledCall: CompiledCall = {}): Outputs => {
    const sizes = sizesOf(batch);
    const way = wayOf(batch);
    const names = Object.keys(sizes);
    const trace = traces.get(
      JSON.stringify([way, names]),
      (backend) => record(backend, (feed: BatchFeed<Batch, Sizes>) => fn(feed, way), names),
      compiledCall,
    );
    if (trace === undefined) return tf.tidy(() => fn(feedOf(batch, sizes), way));
    const values = Object.values(sizes);
    const shapes = trace.native.inputShapes(values);
    return tf.tidy(() => {
      const inputs = trace.arrays.map(({ dtype, make }, i) =>
        arrayTensor(batch, { dtype, shape: shapes[i] as number[], make }),
      );
      return named(trace, trace.native.run(inputs, values));
    });
  };
  return withTraces(call, traces);
}

/** The feed of one batch, for code that just runs. */
export function feedOf<Batch, Sizes extends BatchSizes>(
  batch: Batch,
  sizes: Sizes,
): BatchFeed<Batch, Sizes> {
  return {
    sizes,
    array: (dtype, shape, make) => arrayTensor(batch, { dtype, shape, make }) as never,
  };
}

/** The feed of a part of each batch. */
export function partOf<Batch, Part, Sizes extends BatchSizes>(
  { sizes, array }: BatchFeed<Batch, Sizes>,
  part: (batch: Batch) => Part,
): BatchFeed<Part, Sizes> {
  return {
    sizes,
    array: (dtype, shape, make) =>
      array(dtype, shape, (batch, length) => make(part(batch), length)),
  };
}

/** Computes something once for a batch that is asked for it several times in a row. */
export function oncePerBatch<Batch extends object, Result>(
  compute: (batch: Batch) => Result,
): (batch: Batch) => Result {
  let last: { readonly batch: Batch; readonly result: Result } | undefined;
  return (batch) => {
    if (last?.batch !== batch) last = { batch, result: compute(batch) };
    return last.result;
  };
}

interface BatchTrace<Batch> extends Trace {
  /** Of the inputs, in order. */
  readonly arrays: readonly BatchArray<Batch>[];
}

interface BatchArray<Batch> {
  readonly dtype: FedDtype;
  readonly make: MakeNumbers<Batch>;
}

function record<Batch, Sizes extends BatchSizes, Outputs extends NamedTensors>(
  backend: TracingBackend,
  fn: (feed: BatchFeed<Batch, Sizes>) => Outputs,
  sizeNames: readonly string[],
): BatchTrace<Batch> {
  let arrays: BatchArray<Batch>[] = [];
  const trace = recordNamed(backend, sizeNames.length, ({ sizes, input }) => {
    arrays = []; // it is recorded more than once
    return fn({
      sizes: Object.fromEntries(sizeNames.map((name, i) => [name, sizes[i]])) as Sizes,
      array(dtype, shape, make) {
        arrays.push({ dtype, make });
        return input({ dtype, shape }) as never;
      },
    });
  });
  return { ...trace, arrays };
}

function arrayTensor<Batch>(
  batch: Batch,
  { dtype, shape, make }: BatchArray<Batch> & { readonly shape: readonly number[] },
): tf.Tensor {
  const length = tf.util.sizeFromShape([...shape]);
  const numbers = make(batch, length);
  if (numbers.length !== length) {
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `an array of a batch has ${numbers.length} numbers, its shape is [${shape.join(", ")}]`,
    );
  }
  return tf.tensor(numbers, [...shape], dtype);
}
