import { expect, it } from "vitest";
import { expectAgreement, expectSameVectors } from "./agreement.ts";

it("accepts rounding and names what differs by more", () => {
  const own = { loss: 1, gradientNorm: 2 };
  expectAgreement(own, { loss: 1.00005, gradientNorm: 2 });
  expect(() => expectAgreement(own, { loss: 1, gradientNorm: 2.1 })).toThrow(
    "computes something else: gradientNorm 2.100000 against 2.000000",
  );
  expect(() => expectAgreement({ loss: 1 }, { loss: Number.NaN })).toThrow("loss NaN");
});

it("compares vectors value by value", () => {
  expectSameVectors([[0.1, 0.2]], [[0.1, 0.2001]]);
  expect(() => expectSameVectors([[0.1, 0.2]], [[0.1, 0.3]])).toThrow("text 0, value 1");
  expect(() => expectSameVectors([[0.1, 0.2]], [])).toThrow("text 0, value 0");
});
