/**
 * What the rows of a task are to be, row-major: int32 with -1 = unlabelled, or float32 with NaN = unlabelled. Which of the
 * two, and how many values a row, is the head's `target`.
 */
export type Targets = Int32Array | Float32Array;

export interface TargetLayout {
  readonly dtype: "int32" | "float32";
  /** Values a row. */
  readonly size: number;
}

/** Targets of rows of which none is labelled yet. */
export function unlabelledTargets({ dtype, size }: TargetLayout, rows: number): Targets {
  return dtype === "int32"
    ? new Int32Array(rows * size).fill(-1)
    : new Float32Array(rows * size).fill(Number.NaN);
}

/** The rows with a label, ascending. @param size values a row */
export function labelledRowsOf(targets: Targets, size: number): Int32Array {
  const rows = Int32Array.from({ length: targets.length / size }, (_, row) => row);
  return rows.filter((row) => isLabelled(targets[row * size] as number, targets));
}

/** Whether any row has a label. @param size values a row */
export function anyLabelled(targets: Targets, size: number): boolean {
  for (let i = 0; i < targets.length; i += size)
    if (isLabelled(targets[i] as number, targets)) return true;
  return false;
}

/** Some rows of targets, logits or vectors, in the order asked for. @param size values a row */
export function chooseRows<Values extends Targets>(
  values: Values,
  size: number,
  rows: Int32Array,
): Values {
  const length = rows.length * size;
  const chosen = values instanceof Int32Array ? new Int32Array(length) : new Float32Array(length);
  for (const [i, row] of rows.entries())
    chosen.set(values.subarray(row * size, (row + 1) * size), i * size);
  return chosen as Values;
}

function isLabelled(first: number, targets: Targets): boolean {
  return targets instanceof Int32Array ? first !== -1 : !Number.isNaN(first);
}
