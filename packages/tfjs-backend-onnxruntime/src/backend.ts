import { EspalierError } from "@espalier/core";
import type {
  AdamWSlot,
  NativeAdamW,
  NativeTrace,
  RecyclingBackend,
  SteadyBackend,
  TracedCode,
  TracingBackend,
  TrainingBackend,
} from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { createLaunchRhythm } from "./graph/launch-rhythm.ts";
import { createRecorder, type MultiOpSpec, type OpSpec } from "./graph/recorder.ts";
import {
  createValue,
  dataOf,
  type GraphDtype,
  type HostArray,
  sameShape,
  type Value,
  viewOf,
} from "./graph/value.ts";
import { createHeldValues, type HeldValues } from "./held-values.ts";
import { type BackendOptions, resolveOptions } from "./options.ts";
import { type BufferPool, createBufferPool } from "./runtime/buffer-pool.ts";
import { createLauncher, type Launcher, type LaunchStats } from "./runtime/launcher.ts";
import { loadOrtBinding } from "./runtime/ort-binding.ts";
import { createSessionCache, type SessionCache } from "./runtime/session-cache.ts";
import { sessionOptions } from "./runtime/session-options.ts";
import { traceFunction } from "./tracing/trace.ts";
import { createAdamW } from "./training/adamw.ts";

/** What a data id stands for: a value of the graph, or text and complex numbers, which stay on the host. */
interface Entry {
  readonly dtype: tf.DataType;
  value: Value | undefined;
  host: tf.BackendValues | undefined;
  refs: number;
}

/** Counters since the backend was started. */
export interface BackendStats extends LaunchStats {
  /** Compiled graphs that are kept, and an upper bound of the memory they hold. */
  readonly sessions: number;
  readonly sessionBytes: number;
  /** Output arrays that wait to be written again. */
  readonly pooledBytes: number;
}

/** A TensorFlow.js backend that records operations and runs them as ONNX graphs. */
export class OnnxruntimeBackend
  extends tf.KernelBackend
  implements TrainingBackend, TracingBackend, SteadyBackend, RecyclingBackend
{
  private readonly entries: tf.DataStorage<Entry>;
  private readonly recorder = createRecorder();
  private readonly pool: BufferPool;
  private readonly sessions: SessionCache;
  private readonly launcher: Launcher;
  private readonly held: HeldValues;
  private readonly maxPending: number;
  /** Buffers that were handed out to make tensors of, and come back to the pool with them. */
  private readonly lent = new WeakSet<ArrayBufferLike>();
  private readonly rhythm = createLaunchRhythm();
  private recordedNodes = 0;
  private launchIsDue = false;
  private recordingOnly = false;

  constructor(options: BackendOptions = {}) {
    super();
    const resolved = resolveOptions(options);
    const binding = loadOrtBinding();
    this.entries = new tf.DataStorage(this, tf.engine());
    this.pool = createBufferPool(resolved.maxPoolBytes);
    this.sessions = createSessionCache(resolved);
    this.maxPending = resolved.maxPendingOperations;
    this.launcher = createLauncher({
      binding,
      sessionOptions: sessionOptions(binding, resolved),
      sessions: this.sessions,
      pool: this.pool,
      checkNumbers: resolved.checkNumbers,
    });
    this.held = createHeldValues(this.launcher, this.pool);
  }

  // ---- for kernels ---------------------------------------------------------------------------------------------

  /** The recorded value of a tensor, in the tensor's shape. */
  value(info: tf.TensorInfo): Value {
    const { value } = this.entries.get(info.dataId);
    if (value === undefined) {
      throw new EspalierError("UNSUPPORTED", `a ${info.dtype} tensor cannot be part of a graph`);
    }
    return sameShape(value.shape, info.shape) ? value : viewOf(value, info.shape);
  }

  op(spec: OpSpec): Value {
    this.countOperations(1);
    const value = this.recorder.op(spec);
    this.note(value);
    return value;
  }

  ops(spec: MultiOpSpec): Value[] {
    this.countOperations(1);
    const values = this.recorder.ops(spec);
    this.note(values[0]);
    return values;
  }

  /** A new tensor that holds the value, by default in the value's shape. */
  tensor(value: Value, shape: readonly number[] = value.shape): tf.TensorInfo {
    const base = value.source ?? value;
    const dataId = {};
    const dtype = base.dtype as tf.DataType;
    this.entries.set(dataId, { dtype, value: base, host: undefined, refs: 1 });
    this.held.hold(base);
    return { dataId, shape: [...shape], dtype };
  }

  /** A further tensor of the same data. */
  share(info: tf.TensorInfo, shape: readonly number[] = info.shape): tf.TensorInfo {
    this.incRef(info.dataId);
    return { dataId: info.dataId, shape: [...shape], dtype: info.dtype };
  }

  /** The values if they are on the host already; nothing runs. */
  known(info: tf.TensorInfo): ArrayLike<number> | undefined {
    return this.entries.get(info.dataId).value?.data as ArrayLike<number> | undefined;
  }

  // ---- for the optimizer ---------------------------------------------------------------------------------------

  /** Makes a value that lives in memory of the optimizer; reading it gives a copy. */
  residentTensor(data: Float32Array, shape: readonly number[]): tf.TensorInfo {
    const value = createValue("float32", shape, { data });
    value.origin = "resident";
    return this.tensor(value);
  }

  /** The value behind a tensor, in the shape it was recorded with. */
  baseValue(info: tf.TensorInfo): Value {
    return this.entries.get(info.dataId).value as Value;
  }

  /** See `HeldValues`. */
  evaluate(
    values: readonly Value[],
    places: Map<Value, HostArray>,
    supplied: ReadonlySet<Value>,
  ): void {
    this.beforeLaunch();
    this.held.evaluate(values, places, supplied);
  }

  pendingReads(): Set<Value> {
    return this.held.pendingReads();
  }

  pendingReaders(values: ReadonlySet<Value>, except: ReadonlySet<Value>): Set<Value> {
    return this.held.pendingReaders(values, except);
  }

  holdSteady(tensors: readonly tf.TensorInfo[]): void {
    for (const { dataId, dtype } of tensors) {
      const { value } = this.entries.get(dataId);
      if (dtype !== "float32" || value === undefined || value.steady !== 0) continue;
      // An optimizer writes into what is resident, and what is not computed yet has no data to keep.
      if (value.origin !== "resident" && value.data !== undefined) value.steady = ++steadyValues;
    }
  }

  takeBytes(length: number): Uint8Array {
    const bytes = this.pool.takeBytes(length);
    this.lent.add(bytes.buffer);
    return bytes;
  }

  createAdamW(slots: readonly AdamWSlot[]): NativeAdamW {
    return createAdamW(this, slots);
  }

  // ---- for compiled functions ----------------------------------------------------------------------------------

  trace(sizeCount: number, code: TracedCode): NativeTrace {
    return traceFunction(this, sizeCount, code);
  }

  recordOnly<Result>(record: () => Result): Result {
    this.refuseWhileRecording("a compiled function inside another one");
    this.flush();
    this.recordingOnly = true;
    try {
      return record();
    } finally {
      this.recordingOnly = false;
    }
  }

  /** @throws {EspalierError} UNSUPPORTED naming `what`, while a function is being compiled */
  refuseWhileRecording(what: string): void {
    if (!this.recordingOnly) return;
    throw new EspalierError(
      "UNSUPPORTED",
      `compile: the function works with values while it is recorded (${what}); make them outside and give them as inputs`,
    );
  }

  standIn({ dtype, shape }: Pick<tf.TensorInfo, "dtype" | "shape">): tf.TensorInfo {
    const value = createValue(dtype as GraphDtype, [...shape], {});
    const info = this.tensor(value);
    this.held.withdraw(value);
    return info;
  }

  /** Someone who never reads a value must not record forever. */
  countOperations(count: number): void {
    this.recordedNodes += count;
    if (this.recordingOnly) return;
    if (this.recordedNodes > this.maxPending || this.launchIsDue) this.flush();
  }

  forgetPending(): boolean {
    return this.held.forgetPending();
  }

  hold(value: Value): void {
    this.held.hold(value);
    if (value.origin !== "resident" || value.data === undefined) return;
    value.data = value.data.slice();
    value.origin = "caller";
  }

  release(value: Value): void {
    this.held.release(value);
  }

  stats(): BackendStats {
    return {
      ...this.launcher.stats,
      sessions: this.sessions.size,
      sessionBytes: this.sessions.bytes,
      pooledBytes: this.pool.bytes,
    };
  }

  // ---- KernelBackend -------------------------------------------------------------------------------------------

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  // biome-ignore lint/complexity/useMaxParams: the signature is tfjs'
  override move(
    dataId: object,
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    refs: number,
  ): void {
    // A single number is a factor of the code; an array may well be data of this very call.
    if (values.length > 1)
      this.refuseWhileRecording(`a tensor of ${values.length} host values is made`);
    if (dtype === "string" || dtype === "complex64") {
      this.entries.set(dataId, { dtype, value: undefined, host: values, refs });
      return;
    }
    const value = createValue(dtype as GraphDtype, [...shape], { data: hostArray(dtype, values) });
    value.holders = 1;
    if (this.lent.has(dataOf(value).buffer)) value.origin = "pool";
    this.entries.set(dataId, { dtype, value, host: undefined, refs });
  }

  override readSync(dataId: object): tf.BackendValues {
    this.refuseWhileRecording("a tensor is read");
    const entry = this.entries.get(dataId);
    const { value } = entry;
    if (value === undefined) return entry.host as tf.BackendValues;
    if (value.data === undefined) {
      this.beforeLaunch();
      this.held.launch([value]);
    }
    // The caller may keep the array: it must not be written again.
    if (value.origin === "resident") return (value.data as Float32Array).slice();
    value.origin = "caller";
    return value.data as tf.BackendValues;
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.entries.has(dataId)) return true;
    const entry = this.entries.get(dataId);
    entry.refs--;
    if (!force && entry.refs > 0) return false;
    this.entries.delete(dataId);
    if (entry.value !== undefined) this.release(entry.value);
    return true;
  }

  override incRef(dataId: object): void {
    this.entries.get(dataId).refs++;
  }

  override refCount(dataId: object): number {
    return this.entries.has(dataId) ? this.entries.get(dataId).refs : 0;
  }

  override numDataIds(): number {
    return this.entries.numDataIds();
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override timerAvailable(): boolean {
    return true;
  }

  override async time(run: () => void): Promise<{ kernelMs: number }> {
    const start = performance.now();
    run();
    this.flush();
    return { kernelMs: performance.now() - start };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {
    this.held.clear();
    this.sessions.clear();
    this.pool.clear();
  }

  // --------------------------------------------------------------------------------------------------------------

  private flush(): void {
    this.beforeLaunch();
    this.held.flush();
  }

  private beforeLaunch(): void {
    this.refuseWhileRecording("a step of an optimizer");
    this.recordedNodes = 0;
    this.launchIsDue = false;
    this.rhythm.launched();
  }

  private note(output: Value | undefined): void {
    if (this.recordingOnly || output?.node === undefined) return;
    this.launchIsDue = this.rhythm.noted(output.node.signature, this.held.pendingCount());
  }
}

let steadyValues = 0;

function hostArray(dtype: tf.DataType, values: tf.BackendValues): HostArray {
  const Kind = dtype === "float32" ? Float32Array : dtype === "int32" ? Int32Array : Uint8Array;
  return values instanceof Kind ? values : Kind.from(values as unknown as number[]);
}
