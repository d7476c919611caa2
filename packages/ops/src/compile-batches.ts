import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import type { NamedTensors } from "./compile.ts";
import type { TracingBackend } from "./native-tracing.ts";
import {
  type CompiledCall,
  type CompileOptions,
  createTraceCache,
  named,
  type Trace,
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
  /** A tensor of numbers that are computed for each batch. @param make as many numbers as the shape has */
  array<Rank extends tf.Rank>(
    dtype: "float32" | "int32",
    shape: tf.ShapeMap[Rank],
    make: (batch: Batch) => Float32Array | Int32Array,
  ): tf.Tensor<Rank>;
}

/** A function of batches whose code runs for the first batch only. */
export interface CompiledBatches<Batch, Outputs extends NamedTensors> {
  /**
   * @returns the function's outputs, the caller's to dispose
   * @throws {EspalierError} ABORTED when the signal is; UNSUPPORTED when the function can't be recorded; SHAPE_MISMATCH
   *   when an array has not as many numbers as its shape
   */
  (batch: Batch, call?: CompiledCall): Outputs;
  /** Recordings: one a key. */
  readonly traces: number;
  /** Frees what is recorded; the function can still be called. */
  dispose(): void;
}

export interface CompileBatchesOptions<Batch, Sizes extends BatchSizes> extends CompileOptions {
  /** The same names for every batch. */
  readonly sizesOf: (batch: Batch) => Sizes;
  /** Batches with equal keys take the same way through the code. Default: all do. */
  readonly keyOf?: (batch: Batch) => string;
}

/**
 * `compile` for batches of changing size: one recording serves them all. The code runs on made-up sizes, from which the
 * shapes for every other batch follow; it may depend on what it takes from the feed, on variables, and on the key.
 * @throws {EspalierError} CONFIG_INVALID when `maxTraces` is not a positive integer
 */
export function compileBatches<Batch, Sizes extends BatchSizes, Outputs extends NamedTensors>(
  fn: (feed: BatchFeed<Batch, Sizes>) => Outputs,
  options: CompileBatchesOptions<Batch, Sizes>,
): CompiledBatches<Batch, Outputs> {
  const { sizesOf, keyOf = () => "" } = options;
  const traces = createTraceCache<BatchTrace<Batch>>(options);
  const call = (batch: Batch, compiledCall: CompiledCall = {}): Outputs => {
    const sizes = sizesOf(batch);
    const trace = traces.get(
      keyOf(batch),
      (backend) => record(backend, fn, Object.keys(sizes)),
      compiledCall,
    );
    if (trace === undefined) return tf.tidy(() => fn(feedOf(batch, sizes)));
    const values = Object.values(sizes);
    const shapes = trace.native.inputShapes(values);
    const inputs = trace.arrays.map(({ dtype, make }, i) =>
      arrayTensor(dtype, shapes[i] as number[], make(batch)),
    );
    try {
      return named(trace, trace.native.run(inputs, values));
    } finally {
      tf.dispose(inputs);
    }
  };
  return Object.defineProperties(call as CompiledBatches<Batch, Outputs>, {
    traces: { get: () => traces.size },
    dispose: { value: traces.dispose },
  });
}

/** The feed of one batch, for code that just runs. */
export function feedOf<Batch, Sizes extends BatchSizes>(
  batch: Batch,
  sizes: Sizes,
): BatchFeed<Batch, Sizes> {
  return {
    sizes,
    array: (dtype, shape, make) => arrayTensor(dtype, shape, make(batch)) as never,
  };
}

interface BatchTrace<Batch> extends Trace {
  /** Of the inputs, in order. */
  readonly arrays: readonly BatchArray<Batch>[];
}

interface BatchArray<Batch> {
  readonly dtype: "float32" | "int32";
  make(batch: Batch): Float32Array | Int32Array;
}

function record<Batch, Sizes extends BatchSizes, Outputs extends NamedTensors>(
  backend: TracingBackend,
  fn: (feed: BatchFeed<Batch, Sizes>) => Outputs,
  sizeNames: readonly string[],
): BatchTrace<Batch> {
  let names: string[] = [];
  let arrays: BatchArray<Batch>[] = [];
  const native = backend.trace(sizeNames.length, ({ sizes, input }) => {
    arrays = []; // it is recorded more than once
    const outputs = fn({
      sizes: Object.fromEntries(sizeNames.map((name, i) => [name, sizes[i]])) as Sizes,
      array(dtype, shape, make) {
        arrays.push({ dtype, make });
        return input({ dtype, shape }) as never;
      },
    });
    names = Object.keys(outputs);
    return Object.values(outputs);
  });
  return { native, names, arrays };
}

function arrayTensor(
  dtype: "float32" | "int32",
  shape: readonly number[],
  numbers: Float32Array | Int32Array,
): tf.Tensor {
  if (numbers.length !== tf.util.sizeFromShape([...shape])) {
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `an array of a batch has ${numbers.length} numbers, its shape is [${shape.join(", ")}]`,
    );
  }
  return tf.tensor(numbers, [...shape], dtype);
}
