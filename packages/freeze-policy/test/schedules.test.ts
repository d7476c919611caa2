import {
  type FreezeSchedule,
  freeze,
  policyAt,
  resolvePolicy,
  summarize,
} from "@espalier/freeze-policy";
import { expect, it } from "vitest";
import { distilbertPaths } from "./distilbert-paths.ts";

const paths = distilbertPaths(2, { a: 3, b: 2 });

it("gradual unfreezing opens the heads, then the layers from the top", () => {
  const schedule = freeze.gradual(2, { epochsPerLayer: 2 });
  const names = [0, 1, 2, 3, 4, 5, 99].map((epoch) => policyAt(schedule, { epoch, step: 0 }).name);
  expect(names).toEqual([
    "backbone",
    "backbone",
    "layers-below:1",
    "layers-below:1",
    "none",
    "none",
    "none",
  ]);
  expect(schedule.name).toBe("gradual:2 epochs a layer");
});

it("by step: heads, top layer, everything, as a two-layer network was trained in PyTorch", () => {
  const schedule = freeze.gradual(2, { stepsPerLayer: 3 });
  const trainable = (step: number) => summarize(schedule, paths, { epoch: 0, step });
  expect(trainable(2).trainableParameters).toBe(4);
  expect(trainable(3).trainableParameters).toBe(4 + 16);
  expect(trainable(6).trainableParameters).toBe(paths.length);
  expect(resolvePolicy(schedule, paths, { epoch: 0, step: 3 })).toEqual(
    resolvePolicy(freeze.layersBelow(1), paths),
  );
});

it("a linear probe, then everything", () => {
  const schedule = freeze.linearProbeThenFineTune({ epochs: 1 });
  expect(policyAt(schedule, { epoch: 0, step: 7 }).name).toBe("backbone");
  expect(policyAt(schedule, { epoch: 1, step: 8 }).name).toBe("none");
  expect(policyAt(freeze.linearProbeThenFineTune({ steps: 5 }), { epoch: 0, step: 5 }).name).toBe(
    "none",
  );
});

it("a policy without a schedule holds at any time", () => {
  expect(policyAt(freeze.all())).toEqual(freeze.all());
});

it("needs a position, and phases in order", () => {
  const schedule = freeze.gradual(1, { epochsPerLayer: 1 });
  expect(() => resolvePolicy(schedule, paths)).toThrow(
    'freeze schedule "gradual:1 epoch a layer": needs the epoch it is asked for, a whole number from 0, got undefined',
  );
  expect(() => policyAt(schedule, { epoch: 0.5, step: 0 })).toThrow("got 0.5");
  const late: FreezeSchedule = {
    name: "late",
    unit: "step",
    phases: [{ from: 2, policy: freeze.none() }],
  };
  expect(() => policyAt(late, { epoch: 0, step: 2 })).toThrow(
    'freeze schedule "late".phases.0.from: 2, expected 0',
  );
  expect(() => policyAt({ ...late, phases: [] }, { epoch: 0, step: 2 })).toThrow("has no phase");
});

it("refuses lengths that are not whole numbers from 1", () => {
  expect(() => freeze.gradual(0, { epochsPerLayer: 1 })).toThrow(
    "gradual unfreezing: layers: 0, expected a whole number from 1",
  );
  expect(() => freeze.gradual(2, { stepsPerLayer: 1.5 })).toThrow("steps per layer: 1.5");
  expect(() => freeze.linearProbeThenFineTune({ epochs: 0 })).toThrow("epochs: 0");
});
