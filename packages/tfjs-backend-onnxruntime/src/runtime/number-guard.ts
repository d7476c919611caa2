import { EspalierError } from "@espalier/core";
import { describe } from "../graph/describe-plan.ts";
import type { Plan } from "../graph/plan.ts";
import { type HostArray, isConstant, knownData, type Value } from "../graph/value.ts";

/**
 * Looks at what a launch computed. Where a number is NaN or infinite, all steps run once more with every result
 * fetched, to find the first one that made such a number of finite ones.
 * @param plan has run: its outputs have their data
 * @param fetch runs the plan's steps again and returns the values of these outputs
 * @throws {EspalierError} NOT_FINITE naming the operation, or what it was given
 */
export function expectNumbers(
  plan: Plan,
  fetch: (outputs: readonly Value[]) => readonly HostArray[],
): void {
  if (plan.outputs.every((output) => firstBad(output.data) === undefined)) return;
  const bad = new Set<Value>();
  for (const feed of plan.feeds) {
    if (firstBad(knownData(feed)) !== undefined) bad.add(feed);
  }
  const results = plan.steps.flatMap((step) => ("outputs" in step ? step.outputs : []));
  const floats = results.filter(({ dtype }) => dtype === "float32");
  const values = new Map(fetch(floats).map((data, i) => [floats[i], data]));
  for (const step of plan.steps) {
    if (!("outputs" in step)) {
      if (bad.has(step.source as Value)) bad.add(step);
      continue;
    }
    for (const output of step.outputs) {
      const found = firstBad(values.get(output));
      if (found === undefined) continue;
      const given = step.inputs.find(
        (input) => input !== null && !isConstant(input) && bad.has(input),
      );
      const cause = given === undefined ? "from finite inputs" : "and was given such numbers";
      throw new EspalierError(
        "NOT_FINITE",
        `${describe(step)} made ${found.value} at element ${found.index}, ${cause}`,
      );
    }
  }
}

function firstBad(data: HostArray | undefined): { index: number; value: number } | undefined {
  if (!(data instanceof Float32Array)) return undefined;
  for (let index = 0; index < data.length; index++) {
    const value = data[index] as number;
    if (!Number.isFinite(value)) return { index, value };
  }
  return undefined;
}
