import { EspalierError } from "@espalier/core";
import type { Targets } from "./targets.ts";

/**
 * Checks one row of logits before it becomes a prediction.
 * @param names of the logits, in order
 * @throws {EspalierError} SHAPE_MISMATCH for another length, NOT_FINITE when a value is NaN or infinite
 */
export function expectRow(kind: string, row: Float32Array, names: readonly string[]): void {
  if (row.length !== names.length)
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `${kind}: a row of ${row.length} logits, expected ${names.length}`,
    );
  const bad = row.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new EspalierError("NOT_FINITE", `${kind}: the logit of "${names[bad]}" is ${row[bad]}`);
}

/**
 * Checks that logits and targets are of as many rows.
 * @param sizes values a row
 * @throws {EspalierError} SHAPE_MISMATCH with both numbers of rows
 */
export function expectSameRows(
  kind: string,
  { logits, targets }: { readonly logits: Float32Array; readonly targets: Targets },
  sizes: { readonly logits: number; readonly targets: number },
): void {
  if (logits.length * sizes.targets === targets.length * sizes.logits) return;
  throw new EspalierError(
    "SHAPE_MISMATCH",
    `${kind}: logits of ${logits.length / sizes.logits} rows for targets of ${targets.length / sizes.targets}`,
  );
}
