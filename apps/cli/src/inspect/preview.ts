import { bytes, count, duration, type Output } from "@espalier/terminal";
import type { StepPlan } from "@espalier/trainer";

/** What training under a plan would take. */
export interface Preview {
  readonly texts: number;
  readonly tokens: number;
  readonly memoryBytes: {
    readonly weights: number;
    readonly gradients: number;
    readonly optimizer: number;
    readonly cache: number;
  };
  readonly flopsPerSecond: number;
  /** Of one pass over the texts. */
  readonly secondsPerEpoch: number;
  /** Of computing the frozen prefix, once. */
  readonly secondsForCache: number;
}

/** Share of a training step that is matrix products, and the same of a forward; measured, see docs/experiments.md. */
const STEP_SHARE = 0.65;
const FORWARD_SHARE = 0.85;

export function previewOf(
  { estimate, counts }: StepPlan,
  facts: { readonly texts: number; readonly tokens: number; readonly flopsPerSecond: number },
): Preview {
  const { flopsPerSecond } = facts;
  return {
    ...facts,
    memoryBytes: {
      weights: counts.size * Float32Array.BYTES_PER_ELEMENT,
      gradients: estimate.gradientBytes,
      optimizer: estimate.stateBytes,
      cache: estimate.cacheBytes,
    },
    secondsPerEpoch: estimate.flops / flopsPerSecond / STEP_SHARE,
    secondsForCache: estimate.cacheFlops / flopsPerSecond / FORWARD_SHARE,
  };
}

/** Two lines: memory, and time with what it rests on. */
export function resultPreview(output: Output, preview: Preview, plan: StepPlan): void {
  const { style } = output;
  const { weights, gradients, optimizer, cache } = preview.memoryBytes;
  const { activeRows } = plan;
  const parts = Object.entries({ weights, gradients, optimizer, cache })
    .filter(([, size]) => size > 0)
    .map(([part, size]) => `${part} ${bytes(size)}`);
  output.result(
    `  ${style.dim("memory")}  ${bytes(weights + gradients + optimizer + cache)}: ${parts.join(" + ")}; the engine and the states of a batch come on top`,
  );
  if (activeRows !== undefined)
    output.result(
      `          ${count(activeRows.rows)} of ${count(activeRows.of)} word rows are in the texts, the others need no gradients (${bytes(activeRows.savedBytes)} less)`,
    );
  const times = [
    ...(preview.secondsPerEpoch > 0 ? [`about ${duration(preview.secondsPerEpoch)} an epoch`] : []),
    ...(preview.secondsForCache > 0
      ? [`about ${duration(preview.secondsForCache)} once for the frozen part`]
      : []),
  ];
  if (times.length === 0) return;
  output.result(
    `  ${style.dim("time")}    ${times.join(", ")}: ${count(preview.texts)} texts with ${count(preview.tokens)} tokens at ${(preview.flopsPerSecond / 1e9).toFixed(0)} GFLOP/s, measured just now`,
  );
}
