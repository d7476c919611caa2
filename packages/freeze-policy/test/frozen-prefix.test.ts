import {
  type Boundary,
  type FreezePolicy,
  freeze,
  frozenPrefix,
  resolvePolicy,
  type SizedParamPath,
  summarize,
} from "@espalier/freeze-policy";
import fc from "fast-check";
import { expect, it } from "vitest";
import { distilbertPaths } from "./distilbert-paths.ts";

const LAYERS = 3;
const dense: SizedParamPath = { name: "2_Dense.linear.weight", group: "pooler", size: 64 };
const paths = [...distilbertPaths(LAYERS, { a: 2 }), dense];

const prefixOf = (policy: FreezePolicy): Boundary =>
  frozenPrefix(resolvePolicy(policy, paths), paths, LAYERS);

it.each<[FreezePolicy, Boundary]>([
  [freeze.none(), "text"],
  [freeze.embeddings(), "text"],
  [freeze.layersBelow(1), { afterLayer: 0 }],
  [freeze.layersBelow(2), { afterLayer: 1 }],
  [freeze.layersBelow(3), { afterLayer: 2 }],
  [freeze.backbone(), "pooled"],
  [freeze.all(), "pooled"],
  [freeze.onlyHead("a"), "pooled"],
  [freeze.head("a"), "text"],
  [freeze.bitfit(), "text"],
])("%j", (policy, boundary) => {
  expect(prefixOf(policy)).toEqual(boundary);
});

it("stops at the lowest parameter that trains, whatever lies above it", () => {
  const open = (name: string): FreezePolicy =>
    freeze.combine(freeze.backbone(), { name, rules: [{ match: { name }, trainable: true }] });
  expect(prefixOf(open("layer\\.1\\.ffn\\.lin1\\.bias"))).toEqual({ afterLayer: 0 });
  expect(prefixOf(open("word_embeddings"))).toBe("text");
  expect(prefixOf(open("2_Dense"))).toEqual({ afterLayer: 2 });
});

it("takes what all layers share for part of the lowest", () => {
  const shared = [...paths, { name: "relative_attention_bias", group: "encoder" } as const];
  const policy = freeze.layersBelow(2);
  expect(frozenPrefix(resolvePolicy(policy, shared), shared, LAYERS)).toBe("text");
});

it("never has anything trainable below the boundary, and always something right above it", () => {
  fc.assert(
    fc.property(fc.subarray(paths.map(({ name }) => name)), (trainable) => {
      const decisions = new Map(
        paths.map(({ name }) => [name, { trainable: trainable.includes(name), lrScale: 1 }]),
      );
      const boundary = frozenPrefix(decisions, paths, LAYERS);
      const trains = (matches: (path: SizedParamPath) => boolean) =>
        paths.some((path) => matches(path) && trainable.includes(path.name));
      const cut = boundary === "text" ? -1 : boundary === "pooled" ? LAYERS : boundary.afterLayer;
      expect(trains(({ layer }) => layer !== undefined && layer <= cut)).toBe(false);
      if (boundary === "pooled") expect(trains(({ group }) => group !== "head")).toBe(false);
      else if (boundary === "text")
        expect(trains(({ group, layer }) => group === "embeddings" || layer === 0)).toBe(true);
      else expect(trains(({ group, layer }) => layer === cut + 1 || group === "pooler")).toBe(true);
    }),
    { numRuns: 200 },
  );
});

it("counts what trains, part by part", () => {
  const summary = summarize(freeze.layersBelow(2), paths);
  expect(summary.name).toBe("layers-below:2");
  expect(summary.size).toBe(paths.reduce((sum, { size }) => sum + size, 0));
  const layer = 4 * (32 * 32 + 32) + 2 * 64 + (64 * 32 + 64) + (32 * 64 + 32);
  expect(summary.trainableSize).toBe(layer + 64 + 2 * 32 + 2);
  expect(summary.groups.map(({ group, layer: k, task }) => [group, k ?? task])).toEqual([
    ["embeddings", undefined],
    ["encoder", 0],
    ["encoder", 1],
    ["encoder", 2],
    ["pooler", undefined],
    ["head", "a"],
  ]);
  expect(summary.groups[3]).toEqual({
    group: "encoder",
    layer: 2,
    parameters: 16,
    size: layer,
    trainableParameters: 16,
    trainableSize: layer,
    lrScales: [1],
  });
  expect(summary.groups[0]?.lrScales).toEqual([]);
});
