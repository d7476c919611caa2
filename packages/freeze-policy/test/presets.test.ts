import { type FreezePolicy, freeze, resolvePolicy, summarize } from "@espalier/freeze-policy";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distilbertPaths } from "./distilbert-paths.ts";

const paths = distilbertPaths(3, { domain: 3, sentiment: 2 });

/** `part trainable/all tensors`, one line a part; a rate that is not 1 follows. */
function picture(policy: FreezePolicy): string[] {
  return summarize(policy, paths).groups.map((part) => {
    const name = [part.group, part.layer, part.task].filter((x) => x !== undefined).join(" ");
    const scales = part.lrScales.filter((scale) => scale !== 1).map((x) => x.toPrecision(4));
    return [name, `${part.trainableParameters}/${part.parameters}`, ...scales].join(" ");
  });
}

it("none trains everything", () => {
  expect(picture(freeze.none())).toEqual([
    "embeddings 4/4",
    "encoder 0 16/16",
    "encoder 1 16/16",
    "encoder 2 16/16",
    "head domain 2/2",
    "head sentiment 2/2",
  ]);
});

it("all trains nothing, the heads included", () => {
  expect(picture(freeze.all())).toEqual([
    "embeddings 0/4",
    "encoder 0 0/16",
    "encoder 1 0/16",
    "encoder 2 0/16",
    "head domain 0/2",
    "head sentiment 0/2",
  ]);
});

it("backbone trains the heads", () => {
  expect(picture(freeze.backbone())).toEqual([
    "embeddings 0/4",
    "encoder 0 0/16",
    "encoder 1 0/16",
    "encoder 2 0/16",
    "head domain 2/2",
    "head sentiment 2/2",
  ]);
});

it("head fixes one head and nothing else", () => {
  expect(picture(freeze.head("domain"))).toEqual([
    "embeddings 4/4",
    "encoder 0 16/16",
    "encoder 1 16/16",
    "encoder 2 16/16",
    "head domain 0/2",
    "head sentiment 2/2",
  ]);
});

it("onlyHead trains one head and nothing else", () => {
  expect(picture(freeze.onlyHead("sentiment"))).toEqual([
    "embeddings 0/4",
    "encoder 0 0/16",
    "encoder 1 0/16",
    "encoder 2 0/16",
    "head domain 0/2",
    "head sentiment 2/2",
  ]);
});

it("embeddings fixes the embeddings", () => {
  expect(picture(freeze.embeddings())[0]).toBe("embeddings 0/4");
  expect(picture(freeze.embeddings()).slice(1)).toEqual(picture(freeze.none()).slice(1));
});

it("layersBelow fixes embeddings and lower layers", () => {
  expect(picture(freeze.layersBelow(2))).toEqual([
    "embeddings 0/4",
    "encoder 0 0/16",
    "encoder 1 0/16",
    "encoder 2 16/16",
    "head domain 2/2",
    "head sentiment 2/2",
  ]);
  expect(picture(freeze.layersBelow(0))).toEqual(picture(freeze.embeddings()));
  expect(picture(freeze.layersBelow(3))).toEqual(picture(freeze.backbone()));
});

it("bitfit trains the trunk's biases and whole heads", () => {
  expect(picture(freeze.bitfit())).toEqual([
    "embeddings 1/4",
    "encoder 0 8/16",
    "encoder 1 8/16",
    "encoder 2 8/16",
    "head domain 2/2",
    "head sentiment 2/2",
  ]);
  const decisions = resolvePolicy(freeze.bitfit(), paths);
  expect(decisions.get("transformer.layer.1.ffn.lin1.bias")?.trainable).toBe(true);
  expect(decisions.get("transformer.layer.1.ffn.lin1.weight")?.trainable).toBe(false);
});

describe("layerwiseDecay", () => {
  it("is factor ** (L + 1 - depth)", () => {
    expect(picture(freeze.layerwiseDecay(0.8))).toEqual([
      "embeddings 4/4 0.4096",
      "encoder 0 16/16 0.5120",
      "encoder 1 16/16 0.6400",
      "encoder 2 16/16 0.8000",
      "head domain 2/2",
      "head sentiment 2/2",
    ]);
  });

  it("gives the multipliers that a two-layer DistilBERT trained with in PyTorch", () => {
    const decisions = resolvePolicy(freeze.layerwiseDecay(0.8), distilbertPaths(2, { a: 3, b: 2 }));
    const scale = (name: string) => decisions.get(name)?.lrScale;
    expect(scale("embeddings.word_embeddings.weight")).toBe(0.5120000000000001);
    expect(scale("transformer.layer.0.ffn.lin2.bias")).toBe(0.6400000000000001);
    expect(scale("transformer.layer.1.attention.q_lin.weight")).toBe(0.8);
    expect(scale("heads.a.weight")).toBe(1);
  });

  it("leaves to the other policies what trains, in either order", () => {
    const expected = [
      "embeddings 0/4",
      "encoder 0 0/16",
      "encoder 1 0/16",
      "encoder 2 16/16 0.8000",
      "head domain 2/2",
      "head sentiment 2/2",
    ];
    const [frozen, decay] = [freeze.layersBelow(2), freeze.layerwiseDecay(0.8)];
    expect(picture(freeze.combine(frozen, decay))).toEqual(expected);
    expect(picture(freeze.combine(decay, frozen))).toEqual(expected);
  });

  it("counts a pooler as the last layer and what all layers share as an embedding", () => {
    const decisions = resolvePolicy(freeze.layerwiseDecay(0.5), [
      { name: "relative", group: "encoder" },
      { name: "layer", group: "encoder", layer: 0 },
      { name: "dense", group: "pooler" },
    ]);
    expect([...decisions.values()].map(({ lrScale }) => lrScale)).toEqual([0.25, 0.5, 0.5]);
  });
});

it("combines: where several match, the last one decides", () => {
  expect(picture(freeze.combine(freeze.backbone(), freeze.head("domain")))).toEqual(
    picture(freeze.onlyHead("sentiment")),
  );
  expect(picture(freeze.combine(freeze.all(), freeze.none()))).toEqual(picture(freeze.all()));
  const reopened: FreezePolicy = {
    name: "top layer again, slowly",
    rules: [
      { match: { group: ["embeddings", "encoder"] }, trainable: false },
      { match: { layer: 2 }, trainable: true, lrScale: 0.1 },
      { match: { layer: 2, name: "LayerNorm|layer_norm" }, trainable: true },
    ],
  };
  expect(picture(reopened)[3]).toBe("encoder 2 16/16 0.1000");
  expect(summarize(reopened, paths).groups[3]?.lrScales).toEqual([0.1, 1]);
});

describe("for any network", () => {
  const networks = fc.record({
    layers: fc.integer({ min: 1, max: 6 }),
    tasks: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.integer({ min: 2, max: 5 }), {
      minKeys: 1,
      maxKeys: 3,
    }),
  });

  it("every preset survives JSON and decides for every parameter once, in order", () => {
    fc.assert(
      fc.property(networks, ({ layers, tasks }) => {
        const all = distilbertPaths(layers, tasks);
        const task = Object.keys(tasks)[0] as string;
        for (const policy of presets(layers, task)) {
          const decisions = resolvePolicy(policy, all);
          expect([...decisions.keys()]).toEqual(all.map(({ name }) => name));
          expect(resolvePolicy(JSON.parse(JSON.stringify(policy)), all)).toEqual(decisions);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("freezing twice is freezing once, and more layers frozen means fewer parameters", () => {
    fc.assert(
      fc.property(networks, ({ layers, tasks }) => {
        const all = distilbertPaths(layers, tasks);
        for (const policy of presets(layers, Object.keys(tasks)[0] as string))
          expect(resolvePolicy(freeze.combine(policy, policy), all)).toEqual(
            resolvePolicy(policy, all),
          );
        const sizes = Array.from(
          { length: layers + 1 },
          (_, k) => summarize(freeze.layersBelow(k), all).trainableSize,
        );
        expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => b - a));
      }),
      { numRuns: 30 },
    );
  });
});

function presets(layers: number, task: string): FreezePolicy[] {
  return [
    freeze.none(),
    freeze.all(),
    freeze.backbone(),
    freeze.head(task),
    freeze.onlyHead(task),
    freeze.embeddings(),
    freeze.layersBelow(layers),
    freeze.bitfit(),
    freeze.layerwiseDecay(0.9),
    freeze.combine(freeze.bitfit(), freeze.layerwiseDecay(0.9)),
  ];
}
