import type { RotaryAngles } from "@espalier/ops";
import type * as tf from "@tensorflow/tfjs-core";
import type { ForwardPass } from "../forward-pass.ts";
import { packedRows } from "../packed-batch.ts";

/**
 * The angles of a pass's tokens: position · theta^(−2i / d) for i < d / 2, in float32 as the models were trained.
 * @param width d
 * @returns float32 `[N, d / 2]` each, the same tensors whenever a pass asks
 */
export function rotaryAngles(
  theta: number,
  width: number,
): (pass: ForwardPass) => Omit<RotaryAngles, "heads"> {
  const { fround } = Math;
  const half = width / 2;
  const frequencies = Float32Array.from(
    { length: half },
    (_, i) => 1 / fround(theta ** fround((2 * i) / width)),
  );
  const tables = { cos: tableOf(frequencies, Math.cos), sin: tableOf(frequencies, Math.sin) };
  const shared = new WeakMap<ForwardPass, Omit<RotaryAngles, "heads">>();
  return (pass) => {
    const known = shared.get(pass);
    if (known !== undefined) return known;
    const { feed } = pass;
    const numbers = (kind: "cos" | "sin"): tf.Tensor2D =>
      feed.array<tf.Rank.R2>("float32", [packedRows(feed.sizes), half], ({ positions }) => {
        const all = new Float32Array(positions.length * half);
        for (const [row, position] of positions.entries())
          all.set(tables[kind](position), row * half);
        return all;
      });
    const angles = { cos: numbers("cos"), sin: numbers("sin") };
    shared.set(pass, angles);
    return angles;
  };
}

/** Rows of a function of the angles, each computed once. */
function tableOf(
  frequencies: Float32Array,
  fn: (angle: number) => number,
): (position: number) => Float32Array {
  const rows: Float32Array[] = [];
  return (position) => {
    for (let p = rows.length; p <= position; p++)
      rows.push(frequencies.map((frequency) => fn(Math.fround(p * frequency))));
    return rows[position] as Float32Array;
  };
}
