import type { Output } from "@espalier/terminal";
import type { StepPlan } from "@espalier/trainer";
import { expect, it } from "vitest";
import { previewOf, resultPreview } from "./preview.ts";

const estimate = {
  ...{ flops: 6.5e12, cacheFlops: 0, cacheBytes: 0 },
  ...{ gradientBytes: 28e6, stateBytes: 56e6 },
};
const plan = { estimate, counts: { size: 7e6 } } as StepPlan;
const facts = { texts: 1000, tokens: 32_000, flopsPerSecond: 1e11 };

function lines(of: StepPlan): string[] {
  const found: string[] = [];
  const output = {
    style: { dim: (text: string) => text },
    result: (line: string) => found.push(line),
  };
  resultPreview(output as unknown as Output, previewOf(of, facts), of);
  return found;
}

it("adds up memory and divides work by speed", () => {
  const preview = previewOf(plan, facts);
  expect(preview.memoryBytes).toEqual({
    weights: 28e6,
    gradients: 28e6,
    optimizer: 56e6,
    cache: 0,
  });
  expect(preview.secondsPerEpoch).toBeCloseTo(100, 6);
  const [memory, time] = lines(plan);
  expect(memory).toContain("112 MB: weights 28 MB + gradients 28 MB + optimizer 56 MB;");
  expect(time).toContain(
    "about 100 s an epoch: 1,000 texts with 32,000 tokens at 100 GFLOP/s, measured just now",
  );
});

it("tells the frozen part, the idle rows, and nothing that takes nothing", () => {
  const frozen = {
    ...plan,
    activeRows: { parameter: "words", rows: 10, of: 40, savedBytes: 3e6 },
    estimate: { ...estimate, flops: 0, cacheFlops: 8.5e11, cacheBytes: 2e6, gradientBytes: 0 },
  };
  const [memory, rows, time] = lines(frozen);
  expect(memory).toContain("86 MB: weights 28 MB + optimizer 56 MB + cache 2 MB;");
  expect(rows).toContain("10 of 40 word rows are in the texts");
  expect(time).toContain(" about 10 s once for the frozen part: ");
  expect(time).not.toContain("epoch");
});
