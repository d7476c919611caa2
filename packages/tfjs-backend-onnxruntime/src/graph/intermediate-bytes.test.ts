import { expect, it } from "vitest";
import { intermediateBytes } from "./intermediate-bytes.ts";
import { createValue, type GraphNode, type Value, viewOf } from "./value.ts";

const MIB = 2 ** 20;

/** A step that reads some values and makes one of a megabyte. */
function step(...inputs: Value[]): GraphNode & { readonly outputs: readonly [Value] } {
  const output = createValue("float32", [MIB / 4], {});
  return { inputs, outputs: [output] } as never;
}

it("counts what is alive at one time, twice", () => {
  const chain = [step()];
  for (let i = 1; i < 10; i++) chain.push(step(chain[i - 1]!.outputs[0]));
  expect(intermediateBytes({ steps: chain })).toBe(4 * MIB); // an input and an output
});

it("keeps what is read later, through views too", () => {
  const first = step();
  const view = viewOf(first.outputs[0], [MIB / 8, 2]);
  const between = [step(), step(), step()];
  const last = step(view, ...between.map(({ outputs }) => outputs[0]));
  // Five at a time, so twice that would be more than all there is.
  expect(intermediateBytes({ steps: [first, ...between, view, last] })).toBe(5 * MIB);
});

it("leaves out what somebody holds: it is not the runtime's", () => {
  const only = step();
  only.outputs[0].holders = 1;
  expect(intermediateBytes({ steps: [only] })).toBe(0);
});
