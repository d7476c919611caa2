import { EspalierError } from "@espalier/core";
import {
  type FreezePolicy,
  freeze,
  parsePolicy,
  policyFromJson,
  resolvePolicy,
  scheduleFromJson,
} from "@espalier/freeze-policy";
import { describe, expect, it } from "vitest";
import { distilbertPaths } from "./distilbert-paths.ts";

const paths = distilbertPaths(2, { domain: 3, sentiment: 2 });

function failure(run: () => unknown): [string, string] {
  try {
    run();
  } catch (error) {
    if (EspalierError.isInstance(error)) return [error.code, error.message];
    throw error;
  }
  throw new Error("did not throw");
}

describe("names are checked against the network", () => {
  it.each<[FreezePolicy, string, string]>([
    [
      freeze.head("sentimnt"),
      "NAME_UNKNOWN",
      'freeze "head:sentimnt": there is no task "sentimnt" (did you mean "sentiment"?); tasks: domain, sentiment',
    ],
    [
      freeze.onlyHead("xyzzy"),
      "NAME_UNKNOWN",
      'freeze "only-head:xyzzy": there is no task "xyzzy"; tasks: domain, sentiment',
    ],
    [
      freeze.layersBelow(3),
      "CONFIG_INVALID",
      'freeze "layers-below:3": layers below 3, expected a whole number from 0 to 2 (the trunk has 2 layers)',
    ],
    [
      freeze.layersBelow(0.5),
      "CONFIG_INVALID",
      'freeze "layers-below:0.5": layers below 0.5, expected a whole number from 0 to 2 (the trunk has 2 layers)',
    ],
    [
      { name: "x", rules: [{ match: { layer: 2 }, trainable: false }] },
      "CONFIG_INVALID",
      'freeze "x": there is no layer 2; the trunk has layers 0 to 1',
    ],
    [
      { name: "x", rules: [{ match: { name: "q_linn" }, trainable: false }] },
      "CONFIG_INVALID",
      'freeze "x": rules.0.match.name: /q_linn/ matches no parameter',
    ],
    [
      freeze.layerwiseDecay(1.5),
      "CONFIG_INVALID",
      'freeze "layerwise-decay:1.5": rules.0.lrScale: 1.5, expected a factor above 0 and at most 1',
    ],
    [
      { name: "x", rules: [{ match: {}, lrScale: Number.NaN }] },
      "CONFIG_INVALID",
      'freeze "x": rules.0.lrScale: NaN, expected a factor above 0',
    ],
  ])("%j", (policy, code, message) => {
    expect(failure(() => resolvePolicy(policy, paths))).toEqual([code, message]);
  });

  it("a broken regular expression", () => {
    const policy = { name: "x", rules: [{ match: { name: "(" }, trainable: false }] };
    expect(failure(() => resolvePolicy(policy, paths))[1]).toContain(
      'freeze "x": rules.0.match.name: /(/ is not a regular expression',
    );
  });

  it("a trunk without layers, a network without heads, a name twice", () => {
    const bare = [{ name: "table", group: "embeddings" }] as const;
    const layer = { name: "x", rules: [{ match: { layer: 0 }, trainable: false }] };
    expect(failure(() => resolvePolicy(layer, bare))[1]).toContain("the trunk has none");
    expect(failure(() => resolvePolicy(freeze.head("a"), bare))[1]).toContain("there are none");
    expect(failure(() => resolvePolicy(freeze.none(), [...bare, ...bare]))[1]).toContain(
      "two parameters of the name table",
    );
  });
});

describe("short forms", () => {
  it.each([
    ["none", freeze.none()],
    ["all", freeze.all()],
    ["backbone", freeze.backbone()],
    ["embeddings", freeze.embeddings()],
    ["bitfit", freeze.bitfit()],
    ["head:sentiment", freeze.head("sentiment")],
    ["only-head:domain", freeze.onlyHead("domain")],
    ["layers-below:2", freeze.layersBelow(2)],
    ["layerwise-decay:0.9", freeze.layerwiseDecay(0.9)],
  ])("%s", (text, policy) => {
    expect(parsePolicy(text, { paths })).toEqual(policy);
    expect(policy.name).toBe(text);
  });

  it("join with + or as a list, and the name reads back", () => {
    const both = freeze.combine(freeze.layersBelow(1), freeze.layerwiseDecay(0.9));
    expect(parsePolicy(["layers-below:1", "layerwise-decay:0.9"])).toEqual(both);
    expect(parsePolicy(both.name)).toEqual(both);
  });

  it.each([
    ["", '"" is not one of none, all, backbone'],
    ["back-bone", '(did you mean "backbone"?)'],
    ["toString", '"toString" is not one of'],
    ["backbone:1", '"backbone" takes no value, got "1"'],
    ["head", '"head" needs a value, as in head:TASK'],
    ["head:", '"head:" needs a value, as in head:TASK'],
    ["layers-below:-1", 'layers below "-1", expected a whole number from 0'],
    ["layers-below:1e2", 'layers below "1e2", expected a whole number from 0'],
    ["layerwise-decay:0", 'layerwise decay "0", expected a factor above 0 and at most 1'],
    ["layerwise-decay: ", "needs a value, as in layerwise-decay:FACTOR"],
    ["layerwise-decay:x", 'layerwise decay "x", expected a factor above 0'],
    ["layerwise-decay:2", 'layerwise decay "2"'],
  ])("%j is refused", (text, message) => {
    const [code, told] = failure(() => parsePolicy(text, { place: "--freeze" }));
    expect(code).toBe("CONFIG_INVALID");
    expect(told.startsWith("--freeze: ")).toBe(true);
    expect(told).toContain(message);
  });

  it("an empty list is refused", () => {
    expect(failure(() => parsePolicy([]))[1]).toContain("freeze: is empty");
  });

  it("with the network's parameters, tasks and layers are checked at once", () => {
    const options = { paths, place: "recipe.yaml: phases.0.freeze" };
    expect(failure(() => parsePolicy("head:domian", options))).toEqual([
      "NAME_UNKNOWN",
      'recipe.yaml: phases.0.freeze: "head:domian": there is no task "domian" (did you mean "domain"?); tasks: domain, sentiment',
    ]);
    expect(failure(() => parsePolicy("none + layers-below:9", options))[1]).toContain(
      "layers below 9, expected a whole number from 0 to 2",
    );
  });
});

describe("JSON", () => {
  it("reads what was written", () => {
    for (const policy of [freeze.bitfit(), freeze.layerwiseDecay(0.9), freeze.onlyHead("domain")])
      expect(policyFromJson(JSON.parse(JSON.stringify(policy)))).toEqual(policy);
    const schedule = freeze.gradual(3, { epochsPerLayer: 1 });
    expect(scheduleFromJson(JSON.parse(JSON.stringify(schedule)))).toEqual(schedule);
  });

  it("reports every problem with its path and the nearest key", () => {
    const value = {
      name: "x",
      rules: [
        { match: { grup: "encoder" }, trainable: false },
        { match: { group: "encodr" }, trainable: "no" },
        { match: {} },
        { match: { name: "(" }, trainable: true, lrScale: -1 },
      ],
    };
    const [code, message] = failure(() => policyFromJson(value, "policy.json"));
    expect(code).toBe("CONFIG_INVALID");
    const lines = message.split("\n");
    expect(lines).toHaveLength(6);
    expect(lines[0]).toBe('policy.json.rules.0.match: unknown key "grup" (did you mean "group"?)');
    expect(lines[1]).toContain('policy.json.rules.1.match.group: "encodr": Invalid option');
    expect(lines[2]).toBe('policy.json.rules.1.trainable: "no": expected boolean, received string');
    expect(lines[3]).toBe('policy.json.rules.2: {"match":{}}: says neither trainable nor lrScale');
    expect(lines[4]).toBe('policy.json.rules.3.match.name: "(": not a regular expression');
    expect(lines[5]).toContain("policy.json.rules.3.lrScale: -1: ");
  });

  it.each([[null], [3], ["backbone"], [[]], [{}]])("%j is no policy", (value) => {
    expect(failure(() => policyFromJson(value))[0]).toBe("CONFIG_INVALID");
  });

  it("a schedule has to begin at 0 and to rise", () => {
    const phases = (...from: number[]) => ({
      name: "x",
      unit: "epoch",
      phases: from.map((start) => ({ from: start, policy: freeze.none() })),
    });
    expect(failure(() => scheduleFromJson(phases(1), "plan.json"))[1]).toBe(
      "plan.json.phases.0.from: 1, expected 0",
    );
    expect(failure(() => scheduleFromJson(phases(0, 2, 2), "plan.json"))[1]).toBe(
      "plan.json.phases.2.from: 2, expected a whole number above 2",
    );
    expect(failure(() => scheduleFromJson(phases()))[0]).toBe("CONFIG_INVALID");
  });
});
