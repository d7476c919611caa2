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
  expect(scaleShapes(true)).toHaveLength(8);
});
