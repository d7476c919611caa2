import { EspalierError } from "@espalier/core";
import type { AdamWMoments, AdamWSlot, NativeAdamW } from "@espalier/ops";
import { engine, type Tensor, type TensorInfo } from "@tensorflow/tfjs-core";
import { type HostArray, type RowSums, settle, type Value } from "../graph/value.ts";
import { allocateSlots, type SlotRegion } from "./slot-memory.ts";
import { type SlotState, sumOfSquares, updateSlot } from "./slot-update.ts";
import { addRowSums, sparseGradient } from "./sparse-gradient.ts";
import { type ElementRange, touchedRowsOf } from "./touched-rows.ts";

/** What the optimizer needs of the backend. */
export interface AdamWHost {
  /** The base value behind a tensor. */
  baseValue(info: TensorInfo): Value;
  refCount(dataId: object): number;
  readSync(dataId: object): unknown;
  residentTensor(data: Float32Array, shape: readonly number[]): TensorInfo;
  evaluate(
    values: readonly Value[],
    places: Map<Value, HostArray>,
    supplied: ReadonlySet<Value>,
  ): void;
  /** What held values without data are going to read. */
  pendingReads(): Set<Value>;
  /** Held values without data, but for the given ones, that read one of these values. */
  pendingReaders(values: ReadonlySet<Value>, except: ReadonlySet<Value>): Set<Value>;
}

interface Slot extends SlotState {
  readonly variable: AdamWSlot["variable"];
  /** The data id that stands for `weights`. */
  dataId: object | undefined;
  /** The value that was written to `gradient` last. */
  lastGradient: Value | undefined;
  gradientRanges: readonly ElementRange[] | undefined;
}

/**
 * AdamW whose weights, moments and gradients lie in WebAssembly memory: the runtime writes gradients there, one SIMD
 * pass updates all of it in place.
 */
export function createAdamW(host: AdamWHost, slots: readonly AdamWSlot[]): NativeAdamW {
  const regions = allocateSlots(slots.map(({ variable }) => variable.size));
  const state: Slot[] = slots.map(({ variable, weightDecay }, i) => ({
    ...(regions[i] as SlotRegion),
    variable,
    weightDecay,
    rows: touchedRowsOf(variable.shape),
    dataId: undefined,
    lastGradient: undefined,
    gradientRanges: [],
  }));
  for (const slot of state) adopt(host, slot);

  return {
    step(gradients, hyper, alsoEvaluate = []) {
      expectLength("gradients", gradients.length, state.length);
      expectLength("learning rates", hyper.learningRates.length, state.length);
      expectLength("update counts", hyper.updates.length, state.length);
      const active = state.filter((_, i) => gradients[i] !== undefined);
      for (const slot of active) if (slot.dataId !== slot.variable.dataId) adopt(host, slot);
      const given = gradients.map((gradient, i) =>
        gradient === undefined ? undefined : gradientValue(host, gradient, state[i] as Slot),
      );
      computeGradients(host, { state, given, alsoEvaluate });
      detachSnapshots(host, active);
      const { maxNorm } = hyper;
      const sums = maxNorm === undefined; // to clip, they have to be known before
      let squares = sums ? 0 : active.reduce((total, slot) => total + sumOfSquares(slot), 0);
      const scale = sums ? 1 : Math.min(1, maxNorm / (Math.sqrt(squares) + 1e-6));
      state.forEach((slot, i) => {
        if (given[i] !== undefined) squares += updateSlot(slot, i, { hyper, scale, sums });
      });
      return { gradientNorm: Math.sqrt(squares) };
    },
    moments(index): AdamWMoments {
      const { first, second } = slotAt(state, index);
      return { first: first.slice(), second: second.slice() };
    },
    setMoments(index, { first, second }) {
      const slot = slotAt(state, index);
      expectLength(`first moments of slot ${index}`, first.length, slot.first.length);
      expectLength(`second moments of slot ${index}`, second.length, slot.second.length);
      slot.first.set(first);
      slot.second.set(second);
      slot.rows?.reset(first, second);
    },
    dispose() {
      for (const slot of state) {
        if (slot.lastGradient !== undefined) detach(slot.lastGradient, slot.gradient);
        if (!slot.variable.isDisposed && slot.variable.dataId === slot.dataId) {
          detach(host.baseValue(slot.variable), slot.weights);
        }
      }
      state.length = 0;
    },
  };
}

/** Moves a variable's values into its region and makes the variable stand for it. */
function adopt(host: AdamWHost, slot: Slot): void {
  const { variable, weights } = slot;
  if (variable.dtype !== "float32") {
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `variable "${variable.name}" is ${variable.dtype}, expected float32`,
    );
  }
  weights.set(host.readSync(variable.dataId) as Float32Array);
  const info = host.residentTensor(weights, variable.shape);
  const tensor = engine().makeTensorFromTensorInfo(info);
  variable.assign(tensor as never);
  tensor.dispose();
  slot.dataId = info.dataId;
}

function gradientValue(host: AdamWHost, gradient: Tensor, slot: Slot): Value {
  if (gradient.size !== slot.weights.length || gradient.dtype !== "float32") {
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `gradient of "${slot.variable.name}" is ${gradient.dtype} [${gradient.shape}], expected float32 [${slot.variable.shape}]`,
    );
  }
  return host.baseValue(gradient);
}

/** Evaluates everything the step needs, with the gradients written where the update reads them. */
function computeGradients(
  host: AdamWHost,
  step: {
    state: readonly Slot[];
    given: readonly (Value | undefined)[];
    alsoEvaluate: readonly Tensor[];
  },
): void {
  const { state, given } = step;
  const places = new Map<Value, HostArray>();
  const targets: Value[] = step.alsoEvaluate.map((tensor) => host.baseValue(tensor));
  const weights = new Set<Value>();
  const supplied = new Map<Value, RowSums>();
  const read = host.pendingReads();
  state.forEach((slot, i) => {
    const value = given[i];
    if (value === undefined) return;
    weights.add(host.baseValue(slot.variable));
    if (slot.lastGradient !== undefined && slot.lastGradient !== value) {
      // Someone may still hold the gradient of an earlier step, which is about to be overwritten.
      if (slot.lastGradient.holders > 0 || read.has(slot.lastGradient)) {
        detach(slot.lastGradient, slot.gradient);
      }
      slot.lastGradient = undefined;
    }
    if (value.data !== undefined || places.has(value) || supplied.has(value)) return;
    const sums = sparseGradient(value);
    if (sums !== undefined) {
      supplied.set(value, sums);
      targets.push(sums.rows, sums.ids);
    } else {
      places.set(value, slot.gradient);
      targets.push(value);
    }
  });
  targets.push(...host.pendingReaders(weights, new Set([...targets, ...supplied.keys()])));
  const bases = targets.map((value) => value.source ?? value);
  host.evaluate(bases, places, new Set(supplied.keys()));
  state.forEach((slot, i) => {
    const value = given[i];
    if (value === undefined) return;
    const sums = supplied.get(value);
    if (sums !== undefined && value.data === undefined) {
      slot.gradientRanges = addRowSums(slot, sums);
      settle(value, slot.gradient, "resident");
    } else {
      slot.gradientRanges = undefined;
      slot.rows?.addAll();
    }
    if (value.data !== slot.gradient) {
      slot.gradient.set(value.data as Float32Array);
      if (value.origin === "caller") {
        value.data = slot.gradient; // given again, it need not be copied again
        value.origin = "resident";
      }
    }
    if (value.data === slot.gradient) slot.lastGradient = value;
  });
}

/** Tensors that share a variable's data (clones) keep the values from before the update. */
function detachSnapshots(host: AdamWHost, active: readonly Slot[]): void {
  for (const slot of active) {
    if (host.refCount(slot.variable.dataId) <= 1) continue;
    detach(host.baseValue(slot.variable), slot.weights);
    adopt(host, slot);
  }
}

function detach(value: Value, region: Float32Array): void {
  if (value.data !== region) return;
  value.data = region.slice();
  value.origin = "caller";
}

function slotAt(state: readonly Slot[], index: number): Slot {
  const slot = state[index];
  if (slot !== undefined) return slot;
  throw new EspalierError("NAME_UNKNOWN", `slot ${index} is not one of 0 to ${state.length - 1}`);
}

function expectLength(what: string, given: number, expected: number): void {
  if (given !== expected) {
    throw new EspalierError("SHAPE_MISMATCH", `${given} ${what} given, expected ${expected}`);
  }
}
