import { createRng } from "@espalier/core";
import { expect, it } from "vitest";
import { nearestNeighbours } from "./nearest-neighbours.ts";

const matrix = (rows: number[][]) => ({
  data: Float32Array.from(rows.flat()),
  rows: rows.length,
  dimension: rows[0]!.length,
});

it("ranks by the angle, equal ones in order", () => {
  const corpus = matrix([
    [0, 2],
    [3, 3],
    [5, 0],
    [0, 0],
    [-1, 0],
    [1, 0],
  ]);
  const { indices, similarities } = nearestNeighbours(
    matrix([
      [2, 0],
      [0, 0],
    ]),
    corpus,
    6,
  );
  expect([...indices]).toEqual([2, 5, 1, 0, 3, 4, 0, 1, 2, 3, 4, 5]);
  expect([...similarities].slice(0, 6)).toEqual([1, 1, Math.fround(Math.SQRT1_2), 0, 0, -1]);
});

it("agrees with sorting everything", () => {
  const rng = createRng(1);
  const random = (rows: number) =>
    matrix(Array.from({ length: rows }, () => Array.from({ length: 7 }, () => rng.normal())));
  const [queries, corpus] = [random(5), random(200)];
  const { indices } = nearestNeighbours(queries, corpus, 10);
  const row = ({ data }: { data: Float32Array }, i: number) => [...data.subarray(i * 7, i * 7 + 7)];
  const cosine = (a: number[], b: number[]) =>
    a.reduce((sum, x, i) => sum + x * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
  for (let q = 0; q < 5; q++) {
    const all = Array.from({ length: 200 }, (_, i) => cosine(row(queries, q), row(corpus, i)));
    const order = all.map((_, i) => i).sort((a, b) => all[b]! - all[a]!);
    expect([...indices.subarray(q * 10, q * 10 + 10)]).toEqual(order.slice(0, 10));
  }
});

it("refuses other dimensions and an impossible k", () => {
  const corpus = matrix([
    [1, 0],
    [0, 1],
  ]);
  expect(() => nearestNeighbours(matrix([[1]]), corpus, 1)).toThrow(
    "queries have 1 columns, the corpus has 2",
  );
  for (const k of [0, 3, 1.5]) {
    expect(() => nearestNeighbours(corpus, corpus, k)).toThrow(`from 1 to 2, not ${k}`);
  }
});
