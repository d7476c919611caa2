import { expect, it } from "vitest";
import { limitOf, measurement } from "./measurement.ts";
import { renderCurves } from "./render-curves.ts";

function point(layers: number): ReturnType<typeof measurement> {
  return measurement({
    work: `${layers} layers`,
    quantity: "seconds",
    curve: { variable: "layers", value: layers },
    values: new Map([
      ["espalier", [0.1 * layers, 0.11 * layers]],
      ["PyTorch", [0.2 * layers, 0.21 * layers]],
    ]),
    limit: limitOf(8e9 * layers, [1e11]),
  });
}

it("draws a line for every contender and the limit, with the values that grow below", () => {
  const html = renderCurves([point(1), point(2), point(4)]);
  expect(html.match(/<polyline/g)).toHaveLength(3);
  expect(html).toContain(">PyTorch</text>");
  expect(html).toContain(">limit</text>");
  for (const layers of [1, 2, 4]) expect(html).toContain(`>${layers}</text>`);
  expect(html).not.toContain("NaN");
});

it("draws nothing where nothing grows", () => {
  const { curve: _, ...rest } = point(1);
  expect(renderCurves([rest])).toBe("");
});
