import { expect, it } from "vitest";
import { flops, neededProducts } from "./matrix-products.ts";
import type { TrunkShape } from "./trunk-shape.ts";

const shape: TrunkShape = {
  name: "tiny",
  architecture: "bert",
  layers: 3,
  width: 8,
  heads: 2,
  feedForward: 16,
  vocabulary: 50,
  batch: 4,
  lengthTokens: 5,
};

it("counts two operations a multiply-add", () => {
  expect(flops([{ m: 2, k: 3, n: 4, times: 5 }])).toBe(2 * 2 * 3 * 4 * 5);
});

it("needs all rows in every layer but the last, and there only for keys and values", () => {
  const { dense, attention } = neededProducts(shape);
  const tokens = 20;
  const fullLayer = 2 * tokens * (4 * 8 * 8 + 2 * 8 * 16);
  const lastLayer = 2 * tokens * 2 * 8 * 8 + 2 * 4 * (2 * 8 * 8 + 2 * 8 * 16);
  expect(flops(dense)).toBe(2 * fullLayer + lastLayer);
  const scores = (queries: number) => 2 * 2 * 4 * queries * 5 * 8; // scores and weighted values of all heads
  expect(flops(attention)).toBe(2 * scores(5) + scores(1));
});

it("of a single layer needs no full one", () => {
  const { dense } = neededProducts({ ...shape, layers: 1 });
  expect(dense.filter(({ m }) => m === 20)).toEqual([{ m: 20, k: 8, n: 8, times: 2 }]);
});
