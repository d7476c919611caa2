import { expect, it } from "vitest";
import { fixedDimensions } from "../graph/dimension-pattern.ts";
import type { Plan } from "../graph/plan.ts";
import { createValue } from "../graph/value.ts";
import { type CompiledGraph, createSessionCache } from "./session-cache.ts";

const MIB = 2 ** 20;

/** A plan of its own structure with a built-in weight and one intermediate result. */
function plan(structure: number, sizes: { weightBytes: number; intermediateBytes: number }): Plan {
  const weight = createValue("float32", [sizes.weightBytes / 4], {});
  const outputs = [createValue("float32", [sizes.intermediateBytes / 4], {})];
  return {
    feeds: [weight],
    constants: new Set([weight]),
    steps: [{ inputs: [], outputs } as never],
    outputs: [],
    key: Int32Array.of(structure),
    hash: structure,
    dimensions: new Int32Array(0),
    steady: Int32Array.of(1),
  };
}

const options = { pattern: [], arena: true } as never;
const graph = { session: { dispose() {} }, shapeFeeds: [] } as unknown as CompiledGraph;

it("keeps a few graphs with the weights of 66 million parameters in two gigabytes", () => {
  const sessions = createSessionCache({
    maxSessions: 64,
    maxBytes: 2048 * MIB,
    maxArenaBytes: 512 * MIB,
  });
  const sizes = { weightBytes: 256 * MIB, intermediateBytes: 128 * MIB };
  for (let i = 0; i < 5; i++) sessions.add(plan(i, sizes), graph, options);
  expect([sessions.size, sessions.bytes]).toEqual([5, 5 * 384 * MIB]);
  sessions.add(plan(5, sizes), graph, options);
  expect([sessions.size, sessions.bytes]).toEqual([5, 5 * 384 * MIB]);
  sessions.clear();
  expect(sessions.bytes).toBe(0);
});

it("leaves weights out of what arenas may hold", () => {
  const limits = { maxSessions: 64, maxBytes: 100 * MIB, maxArenaBytes: 3 * MIB };
  const sessions = createSessionCache(limits);
  const sizes = { weightBytes: 8 * MIB, intermediateBytes: 2 * MIB };
  sessions.add(plan(0, sizes), graph, options);
  expect(sessions.allowsArena(plan(1, { ...sizes, intermediateBytes: MIB }))).toBe(true);
  sessions.add(plan(1, { ...sizes, intermediateBytes: MIB }), graph, options);
  expect(sessions.allowsArena(plan(2, { ...sizes, intermediateBytes: MIB }))).toBe(false);
});

it("gives a graph that runs on and on the arena of those that nobody uses any more", () => {
  const limits = { maxSessions: 64, maxBytes: 100 * MIB, maxArenaBytes: 3 * MIB };
  const sessions = createSessionCache(limits);
  const sizes = { weightBytes: 4, intermediateBytes: 2 * MIB };
  const [unused, used, late] = [
    plan(0, sizes),
    plan(1, { ...sizes, intermediateBytes: MIB }),
    plan(2, sizes),
  ] as [Plan, Plan, Plan];
  const add = (one: Plan): boolean => {
    const arena = sessions.allowsArena(one);
    sessions.add(one, graph, { pattern: fixedDimensions(one.dimensions), arena });
    return arena;
  };
  expect([unused, used, late].map(add)).toEqual([true, true, false]);
  const runs = Array.from({ length: 40 }, () => {
    sessions.get(used);
    // Asked twice, as a launch that is known already does before it is planned.
    return (sessions.get(late) ?? sessions.get(late)) !== undefined || add(late);
  });
  expect(runs.every((has) => has)).toBe(true);
  expect([sessions.get(unused), sessions.get(used)]).toEqual([undefined, graph]);
  expect(sessions.size).toBe(2);
  // It is not compiled again for one that is in use: both share what there is.
  add(unused);
  const again = Array.from({ length: 40 }, () => [used, late, unused].map(sessions.get));
  expect(again.flat().every((found) => found === graph)).toBe(true);
});
