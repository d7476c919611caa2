import { EspalierError } from "@espalier/core";
import type { StepResult, TrainingBatch } from "./training-session.ts";

/**
 * Stops a run that has left the real numbers, before it goes on for hours.
 * @param step counted from 1
 * @throws {EspalierError} NOT_FINITE naming the task or the gradients, the step and the rows
 */
export function expectFinite(
  { losses, gradientNorm }: StepResult,
  step: number,
  batches: readonly TrainingBatch[],
): void {
  const bad = Object.entries(losses).find(([, loss]) => !Number.isFinite(loss));
  if (bad === undefined && Number.isFinite(gradientNorm)) return;
  const what =
    bad === undefined
      ? `the norm of the gradients is ${gradientNorm} (losses: ${listed(losses)})`
      : `the loss of task "${bad[0]}" is ${bad[1]}`;
  throw new EspalierError(
    "NOT_FINITE",
    `step ${step}: ${what}; rows ${rowsInWords(batches)}. Usual causes: a learning rate that is too high, or a trunk with values that are not finite.`,
  );
}

const ROWS_NAMED = 5;

function rowsInWords(batches: readonly TrainingBatch[]): string {
  const count = batches.reduce((sum, { texts }) => sum + texts.length, 0);
  const places = batches.flatMap(({ sources = [] }) =>
    sources.map(({ file, line }) => `${file}:${line}`),
  );
  if (places.length === 0) return `(${count} without a place)`;
  const named = places.slice(0, ROWS_NAMED).join(", ");
  return count > ROWS_NAMED ? `${named}, … (${count} in all)` : named;
}

function listed(losses: Readonly<Record<string, number>>): string {
  return Object.entries(losses)
    .map(([task, loss]) => `${task} ${loss}`)
    .join(", ");
}
