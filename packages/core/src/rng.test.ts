import { expect, it } from "vitest";
import { createRng } from "./rng.ts";

const draw = (rng: ReturnType<typeof createRng>, n: number) =>
  Array.from({ length: n }, () => rng.uniform());

it("gives the same stream for the same seed and another for another", () => {
  expect(draw(createRng(1), 5)).toEqual(draw(createRng(1), 5));
  expect(draw(createRng(1), 5)).not.toEqual(draw(createRng(2), 5));
});

it("forks do not depend on what was drawn before", () => {
  const used = createRng(7);
  draw(used, 3000);
  expect(draw(used.fork("dropout").fork(3), 5)).toEqual(
    draw(createRng(7).fork("dropout").fork(3), 5),
  );
  expect(draw(createRng(7).fork("3"), 2)).not.toEqual(draw(createRng(7).fork(3), 2));
});

it("draws uniform and normal values with the right moments", () => {
  const rng = createRng(3);
  const n = 20_000;
  const uniform = draw(rng, n);
  const normal = Array.from({ length: n }, () => rng.normal());
  const mean = (x: number[]) => x.reduce((a, b) => a + b, 0) / x.length;
  expect(mean(uniform)).toBeCloseTo(0.5, 1);
  expect(Math.max(...uniform)).toBeLessThan(1);
  expect(mean(normal)).toBeCloseTo(0, 1);
  expect(mean(normal.map((x) => x * x))).toBeCloseTo(1, 1);
});

it("permutes every index once", () => {
  const order = createRng(5).permutation(100);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect([...order]).not.toEqual([...order].sort((a, b) => a - b));
});
