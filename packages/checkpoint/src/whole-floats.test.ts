import { expect, it } from "vitest";
import { findWholeFloats, writeWholeFloats } from "./whole-floats.ts";

const TEXT = `{
  "cutoff": 2.0, "layers": 4, "eps": 1e-05, "big": 1e3, "quoted \\"x\\"": -3.00,
  "note": "\\"layers\\": 4.0, and \\"eps\\": 7.0",
  "rope": { "near": { "theta": 10000 }, "far": { "theta": 160000.0 } },
  "last": 0.0
}`;

it("finds the floats that are whole, and nothing in texts", () => {
  expect([...findWholeFloats(TEXT)]).toEqual([
    "cutoff: 2",
    "big: 1000",
    'quoted \\"x\\": -3',
    "theta: 160000",
    "last: 0",
  ]);
});

it("writes them as floats where the number is still the same", () => {
  const value = JSON.parse(TEXT);
  value.big = 5;
  const written = writeWholeFloats(JSON.stringify(value, null, 2), findWholeFloats(TEXT));
  expect(JSON.parse(written)).toEqual(value);
  expect(written).toContain('"cutoff": 2.0,');
  expect(written).toContain('"layers": 4,');
  expect(written).toContain('"big": 5,');
  expect(written).toContain('"quoted \\"x\\"": -3.0,');
  expect(written).toMatch(/"theta": 10000\n[\s\S]*"theta": 160000\.0\n[\s\S]*"last": 0\.0\n/);
});
