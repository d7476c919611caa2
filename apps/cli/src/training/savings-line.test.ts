import type { TrainResult } from "@espalier/trainer";
import { expect, it } from "vitest";
import { savingsLine } from "./savings-line.ts";

const phase = (activeRows?: object) => ({ activeRows }) as TrainResult["phases"][number];

it("says what was left out", () => {
  const rows = { parameter: "words", rows: 2000, of: 8002, savedBytes: 12e6 };
  expect(
    savingsLine({ work: { tokens: 250, plainTokens: 1000 }, phases: [phase(), phase(rows)] }),
  ).toBe(
    "75 % of the trunk's work (padding, frozen layers) · updates of 6,002 of 8,002 word rows that no text has (12 MB)",
  );
});

it("says nothing when nothing was", () => {
  for (const work of [
    { tokens: 10, plainTokens: 10 },
    { tokens: 0, plainTokens: 0 },
  ])
    expect(savingsLine({ work, phases: [phase()] })).toBeUndefined();
});
