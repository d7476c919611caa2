import { expect, it } from "vitest";
import { progressLine } from "./progress-line.ts";

const plain = (text: string) => text;
const style = { bold: plain, dim: plain, good: plain, bad: plain, accent: plain, unicode: false };

it("shows where the run is, the loss of each task, speed and time left", () => {
  const line = progressLine(
    {
      phase: 2,
      epoch: 1,
      epochs: 3,
      step: 30,
      totalSteps: 60,
      losses: { domain: 0.21, sentiment: 12.345 },
      sentencesPerSecond: 1140.4,
      etaSeconds: 14,
    },
    style,
  );
  expect(line).toBe(
    "  phase 2 ##########..........  epoch 1/3  step 30/60  loss domain 0.210 · sentiment 12.3  1,140 sentences/s  0:14 left",
  );
});

it("leaves out what is not known yet", () => {
  const state = { phase: 1, epoch: 1, epochs: 1, step: 0, totalSteps: 5, losses: {} };
  const line = progressLine(
    { ...state, sentencesPerSecond: undefined, etaSeconds: undefined },
    style,
  );
  expect(line).not.toMatch(/sentences|left/);
});
