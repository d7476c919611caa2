import { readersOf, valuesReadBy } from "./graph/readers.ts";
import type { HostArray, Value } from "./graph/value.ts";
import type { BufferPool } from "./runtime/buffer-pool.ts";
import type { Launcher } from "./runtime/launcher.ts";

/** Which values someone holds, which of them have to be computed yet, and when their memory is free again. */
export interface HeldValues {
  /** One holder more. */
  hold(value: Value): void;
  /** One holder less; the memory of a value without any is used again when nothing recorded reads it. */
  release(value: Value): void;
  /** Computes the targets, and what is held and would need the same work again. @param places see `Launcher` */
  launch(targets: readonly Value[], places?: Map<Value, HostArray>): void;
  /**
   * Computes those of the values that are not known yet, each at its place if it has one.
   * @param supplied values that the caller is going to compute itself: not computed because they are held
   */
  evaluate(
    values: readonly Value[],
    places: Map<Value, HostArray>,
    supplied: ReadonlySet<Value>,
  ): void;
  /** Computes everything that is held. */
  flush(): void;
  /** How many held values are to be computed. */
  pendingCount(): number;
  /** What held values without data are going to read, themselves included. */
  pendingReads(): Set<Value>;
  /** Held values without data, but for the given ones, that read one of `values`. */
  pendingReaders(values: ReadonlySet<Value>, except: ReadonlySet<Value>): Set<Value>;
  /** Takes a value out of those to compute: nothing can. */
  withdraw(value: Value): void;
  /** Gives up what is to be computed. @returns whether there was anything */
  forgetPending(): boolean;
  clear(): void;
}

export function createHeldValues(launcher: Launcher, pool: BufferPool): HeldValues {
  /** Held values without data, in the order in which they were recorded. */
  const pending = new Set<Value>();
  /** Values of the pool whose last holder is gone, while recorded operations may still read them. */
  let discarded: Value[] = [];

  const recycle = (): void => {
    if (discarded.length === 0) return;
    const needed = valuesReadBy(pending);
    const kept: Value[] = [];
    for (const value of discarded) {
      if (value.holders > 0 || value.origin !== "pool") continue; // held or read again meanwhile
      if (needed.has(value)) kept.push(value);
      else pool.give(value.dtype, value.data as HostArray);
    }
    discarded = kept;
  };
  const launch: HeldValues["launch"] = (targets, places) => {
    if (targets.length === 0) return;
    launcher.launch(targets, pending, places);
    for (const value of [...pending]) if (value.data !== undefined) pending.delete(value);
    recycle();
  };

  return {
    hold(value) {
      value.holders++;
      if (value.data === undefined) pending.add(value);
    },
    release(value) {
      value.holders--;
      if (value.holders > 0) return;
      pending.delete(value);
      if (value.origin !== "pool" || value.data === undefined) return;
      if (pending.size > 0) discarded.push(value);
      else pool.give(value.dtype, value.data);
    },
    launch,
    evaluate(values, places, supplied) {
      const targets = new Set(values.filter((value) => value.data === undefined));
      for (const value of supplied) pending.delete(value);
      try {
        launch([...targets], places);
      } catch (error) {
        for (const value of supplied) pending.add(value);
        throw error;
      }
    },
    flush: () => launch([...pending]),
    pendingCount: () => pending.size,
    pendingReads: () => valuesReadBy(pending),
    pendingReaders: (values, except) =>
      readersOf(
        values,
        [...pending].filter((value) => !except.has(value)),
      ),
    withdraw: (value) => pending.delete(value),
    forgetPending() {
      const any = pending.size > 0;
      pending.clear();
      return any;
    },
    clear() {
      pending.clear();
      discarded = [];
    },
  };
}
