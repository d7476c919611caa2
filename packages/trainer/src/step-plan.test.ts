import type { ParamPath } from "@espalier/core";
import { freeze } from "@espalier/freeze-policy";
import { describe, expect, it } from "vitest";
import { type PlannedModel, planStep } from "./step-plan.ts";

const paths: (ParamPath & { size: number })[] = [
  { name: "embeddings.word.weight", group: "embeddings", size: 1000 },
  { name: "layer.0.weight", group: "encoder", layer: 0, size: 100 },
  { name: "layer.1.weight", group: "encoder", layer: 1, size: 100 },
  { name: "2_Dense.weight", group: "pooler", size: 50 },
  { name: "heads.a.weight", group: "head", task: "a", size: 6 },
  { name: "heads.b.weight", group: "head", task: "b", size: 4 },
];
const model: PlannedModel = {
  encoder: {
    ...{ layerCount: 2, dimension: 5, width: 10 },
    forwardFlops: ({ texts, tokens }) => ({
      byParameter: {
        "layer.0.weight": 100 * tokens,
        "layer.1.weight": 100 * tokens,
        "2_Dense.weight": 50 * texts,
      },
      attention: [tokens, tokens],
    }),
  },
  parameters: () => paths.map((path) => ({ path })),
};
const facts = { texts: 7, tokens: 30 };

describe("planStep", () => {
  it.each([
    ["everything", freeze.none(), "text", 6, 0],
    ["frozen embeddings: nothing worth a cache", freeze.embeddings(), "text", 5, 0],
    ["one frozen layer", freeze.layersBelow(1), { afterLayer: 0 }, 4, 30 * 10 * 4],
    ["all layers frozen, the pooler not", freeze.layersBelow(2), { afterLayer: 1 }, 3, 1200],
    ["the heads alone", freeze.backbone(), "pooled", 2, 7 * 5 * 4],
    ["one head", freeze.onlyHead("b"), "pooled", 1, 140],
  ] as const)("%s", (_, policy, start, trainable, cacheBytes) => {
    const plan = planStep(policy, model, facts);
    expect(plan.start).toEqual(start);
    expect(plan.trainable).toHaveLength(trainable);
    expect(plan.trainable.length + plan.frozen.length).toBe(paths.length);
    expect(plan.estimate.cacheBytes).toBe(cacheBytes);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  it("counts what trains and what the optimizer keeps for it", () => {
    const { counts, estimate } = planStep(freeze.backbone(), model, facts);
    expect(counts).toMatchObject({ size: 1260, trainableSize: 10 });
    expect(counts.groups.at(-1)).toMatchObject({ task: "b", size: 4, trainableSize: 4 });
    expect(estimate).toMatchObject({ gradientBytes: 40, stateBytes: 80, cacheBytes: 140 });
    const sgd = planStep(freeze.backbone(), model, { momentsPerValue: 1 });
    expect(sgd.estimate).toMatchObject({ gradientBytes: 40, stateBytes: 40, cacheBytes: 0 });
  });

  // Forwards: a layer 3,000 and 30 of attention, the pooler 350, heads 2 · 10 · 7.
  it.each([
    ["everything", freeze.none(), 3 * (2 * 3030 + 350 + 140), 0],
    ["one frozen layer", freeze.layersBelow(1), 3 * (3030 + 350 + 140), 3030],
    ["the heads alone", freeze.backbone(), 2 * 140, 2 * 3030 + 350],
    ["frozen embeddings", freeze.embeddings(), 3 * (2 * 3030 + 350 + 140), 0],
    ["one head", freeze.onlyHead("b"), 2 * 7 * (2 * 6 + 2 * 4) - 7 * 2 * 6, 2 * 3030 + 350],
  ] as const)("counts the products of a pass: %s", (_, policy, flops, cacheFlops) => {
    expect(planStep(policy, model, facts).estimate).toMatchObject({ flops, cacheFlops });
  });

  it("counts no gradient of a frozen matrix", () => {
    const bias = { name: "layer.0.bias", group: "encoder", layer: 0, size: 10 } as const;
    const withBias: PlannedModel = {
      ...model,
      parameters: () => [...paths, bias].map((path) => ({ path })),
    };
    const { estimate } = planStep(freeze.bitfit(), withBias, facts);
    // Forward and down everywhere, weights of the heads besides.
    expect(estimate.flops).toBe(2 * (2 * 3000 + 350) + 3 * 60 + 3 * 140);
  });

  it("leaves out the rows of the word table that no text uses", () => {
    const wordTable = { name: "embeddings.word.weight", rows: 100 };
    const withWords: PlannedModel = { ...model, encoder: { ...model.encoder, wordTable } };
    const plan = planStep(freeze.none(), withWords, { activeRows: 30 });
    const of = { parameter: "embeddings.word.weight", rows: 30, of: 100 };
    expect(plan.activeRows).toEqual({ ...of, savedBytes: 70 * 10 * 3 * 4 });
    expect(plan.estimate).toMatchObject({ gradientBytes: 560 * 4, stateBytes: 560 * 8 });
    expect(plan.counts.trainableSize).toBe(1260);
    const off = [
      planStep(freeze.none(), withWords),
      planStep(freeze.none(), withWords, { activeRows: 100 }),
      planStep(freeze.embeddings(), withWords, { activeRows: 30 }),
      planStep(freeze.none(), model, { activeRows: 30 }),
    ];
    for (const { activeRows } of off) expect(activeRows).toBeUndefined();
  });

  it("takes the learning-rate factors over", () => {
    const policy = freeze.combine(freeze.embeddings(), freeze.layerwiseDecay(0.5));
    const { lrScale, frozen } = planStep(policy, model);
    expect(frozen).toEqual(["embeddings.word.weight"]);
    expect(lrScale).toEqual({
      "layer.0.weight": 0.25,
      "layer.1.weight": 0.5,
      "2_Dense.weight": 0.5,
      "heads.a.weight": 1,
      "heads.b.weight": 1,
    });
  });

  it("plans the position that a schedule is asked for", () => {
    const schedule = freeze.gradual(2, { stepsPerLayer: 10 });
    const starts = [0, 9, 10, 20].map(
      (step) => planStep(schedule, model, { at: { epoch: 0, step } }).start,
    );
    expect(starts).toEqual(["pooled", "pooled", { afterLayer: 0 }, "text"]);
  });

  it("refuses a policy that does not fit", () => {
    expect(() => planStep(freeze.head("c"), model)).toThrow(/"c"/);
  });
});
