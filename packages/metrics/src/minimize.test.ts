import { expect, it } from "vitest";
import { minimize } from "./minimize.ts";

/** A quadratic with condition number 10^6 and its minimum at 1, 2, 3, … */
const quadratic = (x: Float64Array, gradient: Float64Array) => {
  let value = 0;
  for (let i = 0; i < x.length; i++) {
    const scale = 10 ** ((6 * i) / (x.length - 1));
    const distance = x[i]! - (i + 1);
    value += (scale * distance * distance) / 2;
    gradient[i] = scale * distance;
  }
  return value;
};

it("finds the minimum of a badly scaled function, quicker with a preconditioner", () => {
  const options = { tolerance: 1e-8, maxIterations: 500 };
  const plain = minimize(quadratic, new Float64Array(8), options);
  expect(plain.converged).toBe(true);
  for (const [i, value] of plain.x.entries()) expect(value).toBeCloseTo(i + 1, 6);
  const exact = minimize(quadratic, new Float64Array(8), {
    ...options,
    precondition: (vector) => {
      for (let i = 0; i < 8; i++) vector[i] = vector[i]! / 10 ** ((6 * i) / 7);
    },
  });
  expect(exact.converged).toBe(true);
  expect(exact.iterations).toBeLessThan(4);
  expect(plain.iterations).toBeGreaterThan(10);
});

it("says when it was not done", () => {
  const { converged, iterations } = minimize(quadratic, new Float64Array(8), {
    tolerance: 1e-8,
    maxIterations: 3,
  });
  expect([converged, iterations]).toEqual([false, 3]);
});
