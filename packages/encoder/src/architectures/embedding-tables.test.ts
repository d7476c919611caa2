import { expect, it } from "vitest";
import { packBatch } from "../packed-batch.ts";
import { textPositions } from "./embedding-tables.ts";

it("counts from behind the position of padding, which padding inside of a text has itself", () => {
  const encodings = [
    [0, 1, 7, 2],
    [0, 2],
  ].map((ids) => ({ ids: Int32Array.from(ids) }));
  const [table, positionsOf] = textPositions(2);
  const positions = positionsOf(packBatch(encodings, { heads: 1 }));
  expect(table).toBe("position");
  expect([...positions.subarray(0, 6)]).toEqual([2, 1, 3, 4, 2, 3]);
});
