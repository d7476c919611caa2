import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeSafetensors } from "@espalier/checkpoint";
import { expect } from "vitest";

export interface Golden {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** The path of a file or folder in `fixtures`. */
export function fixture(...path: string[]): string {
  return join(import.meta.dirname, "fixtures", ...path);
}

/** The tensors of a safetensors fixture. */
export function goldens(...path: string[]): Map<string, Golden> {
  const file = fixture(...path);
  const { tensors } = decodeSafetensors(readFileSync(file), file);
  return new Map([...tensors].map(([name, tensor]) => [name, tensor as Golden]));
}

export function golden(from: ReadonlyMap<string, Golden>, name: string): Golden {
  const found = from.get(name);
  if (found === undefined) throw new Error(`no golden ${name}`);
  return found;
}

export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

/** Expects `|actual - wanted| <= atol + rtol * |wanted|`, element by element. */
export function expectClose(
  actual: ArrayLike<number>,
  wanted: ArrayLike<number>,
  { atol, rtol }: Tolerance,
): void {
  expect(actual.length).toBe(wanted.length);
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    const expected = wanted[i] as number;
    const excess = Math.abs((actual[i] as number) - expected) / (atol + rtol * Math.abs(expected));
    worst = Math.max(worst, excess); // NaN stays
  }
  expect(worst).toBeLessThanOrEqual(1);
}
