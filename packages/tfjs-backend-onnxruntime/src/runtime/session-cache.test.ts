import { expect, it } from "vitest";
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
    steps: [{ outputs } as never],
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
