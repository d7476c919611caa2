import { expect, it } from "vitest";
import { scaleShapes } from "./scale-shapes.ts";

it("grows one thing at a time", () => {
  const shapes = scaleShapes(false);
  expect(shapes).toHaveLength(17);
  const { shape, curve } = shapes.at(-1) as (typeof shapes)[number];
  expect(shape).toMatchObject({
    name: "8 tasks",
    tasks: 8,
    layers: 2,
    batch: 32,
    lengthTokens: 32,
  });
  expect(curve).toEqual({ variable: "tasks", value: 8 });
  expect(scaleShapes(true).map(({ shape }) => shape.name)).toEqual([
    ...["16 tokens a sentence", "64 tokens a sentence", "1 layer", "4 layers"],
    ...["8 sentences a batch", "64 sentences a batch", "1 task", "4 tasks"],
  ]);
});
