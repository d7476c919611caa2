import { expect, it } from "vitest";
import { disagreement, vectorDisagreement } from "./agreement.ts";

it("accepts rounding and names what differs by more", () => {
  expect(disagreement({ loss: 1, gradientNorm: 2 }, { loss: 1.00005, gradientNorm: 2 })).toBe(
    undefined,
  );
  expect(disagreement({ loss: 1, gradientNorm: 2 }, { loss: 1, gradientNorm: 2.1 })).toBe(
    "computes something else: gradientNorm 2.100000 against 2.000000",
  );
  expect(disagreement({ loss: 1 }, { loss: Number.NaN })).toMatch(/loss NaN/);
});

it("compares vectors value by value", () => {
  expect(vectorDisagreement([[0.1, 0.2]], [[0.1, 0.2001]])).toBe(undefined);
  expect(vectorDisagreement([[0.1, 0.2]], [[0.1, 0.3]])).toMatch(/text 0, value 1/);
  expect(vectorDisagreement([[0.1, 0.2]], [])).toMatch(/text 0, value 0/);
});
