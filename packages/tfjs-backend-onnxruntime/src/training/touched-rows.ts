import { REGION_BYTES } from "./adamw-wasm.ts";

/** Elements from `start` up to, not including, `end`. */
export interface ElementRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The rows of a table that have had a gradient. The moments of all others are zero, so an update leaves of them only what
 * weight decay does: of a word table, most of its 28 bytes a parameter need not be read nor written, nor ever be memory.
 */
export interface TouchedRows {
  add(rows: ArrayLike<number>): void;
  addAll(): void;
  /** Starts anew with those rows that hold a number other than zero. */
  reset(...tables: readonly Float32Array[]): void;
  ranges(): { readonly touched: readonly ElementRange[]; readonly others: readonly ElementRange[] };
}

/** @returns undefined for parameters that are no table, or whose rows the kernels can't tell apart */
export function touchedRowsOf(shape: readonly number[]): TouchedRows | undefined {
  const [count, width] = shape;
  if (shape.length !== 2 || count === undefined || width === undefined) return undefined;
  return (width * 4) % REGION_BYTES === 0 && width > 0
    ? createTouchedRows(count, width)
    : undefined;
}

/** The elements of rows, adjacent ones together; each row once, in ascending order. */
export function rangesOfRows(
  rows: ArrayLike<number>,
  [count, width]: readonly [number, number],
): readonly ElementRange[] {
  const touched = createTouchedRows(count, width);
  touched.add(rows);
  return touched.ranges().touched;
}

function createTouchedRows(count: number, width: number): TouchedRows {
  const isTouched = new Uint8Array(count);
  let all = false;
  let known: ReturnType<TouchedRows["ranges"]> | undefined;
  const mark = (row: number): void => {
    if (isTouched[row] === 1) return;
    isTouched[row] = 1;
    known = undefined;
  };
  return {
    add(rows) {
      for (let n = 0; n < rows.length; n++) mark(rows[n] as number);
    },
    addAll() {
      if (all) return;
      all = true;
      isTouched.fill(1);
      known = undefined;
    },
    reset(...tables) {
      all = false;
      isTouched.fill(0);
      known = undefined;
      for (const table of tables) {
        for (let i = 0; i < table.length; i++) if (table[i] !== 0) mark(Math.floor(i / width));
      }
    },
    ranges() {
      known ??= rangesByMark(isTouched, width);
      return known;
    },
  };
}

function rangesByMark(marks: Uint8Array, width: number): ReturnType<TouchedRows["ranges"]> {
  const touched: ElementRange[] = [];
  const others: ElementRange[] = [];
  for (let row = 0; row < marks.length; ) {
    const first = row;
    while (row < marks.length && marks[row] === marks[first]) row++;
    (marks[first] === 1 ? touched : others).push({ start: first * width, end: row * width });
  }
  return { touched, others };
}
