import { startTestBackend, testBackends } from "@espalier/backends/testing";
import type { ForwardContext } from "@espalier/encoder";
import type { MultiTaskModel } from "@espalier/model";
import { disposeGradients, gradients } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Architecture,
  batchOf,
  excess,
  type Golden,
  type GoldenCase,
  type GoldenTasks,
  goldenModel,
  readGolden,
  torchName,
} from "./golden-model.ts";

const evaluation: ForwardContext = { training: false };

const ARCHITECTURES: readonly Architecture[] = ["tiny-distilbert", "tiny-bert"];

describe.each(
  testBackends().flatMap((backend) => ARCHITECTURES.map((one) => [one, backend] as const)),
)("%s on %s", async (architecture, backend) => {
  const golden = await readGolden(architecture);
  let model: MultiTaskModel<GoldenTasks>;

  beforeAll(async () => {
    await startTestBackend(backend);
    model = await goldenModel(architecture, golden);
  });
  afterAll(() => model.dispose());

  it("reads the texts as the same token ids", () => {
    const padded = golden.integers("batch.input_ids");
    const mask = golden.integers("batch.attention_mask");
    const ids = golden.texts.flatMap((text) => [...model.encoder.tokenize(text).ids]);
    expect(ids).toEqual([...padded.filter((_, i) => mask[i] === 1)]);
  });

  it("gives PyTorch's logits", () => {
    const before = tf.memory().numTensors;
    const logits = model.logits(batchOf(model, golden.texts), evaluation);
    for (const task of ["a", "b"] as const)
      expect(
        excess(
          logits[task].dataSync(),
          golden.floats(`logits.${task}`),
          golden.tolerance.gradients,
        ),
      ).toBeLessThanOrEqual(0);
    tf.dispose(logits);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(Object.entries(golden.cases))("%s: losses and gradients", async (name, one) => {
    const weighted = await goldenModel(architecture, golden, {
      a: optionsOf(one, "a"),
      b: optionsOf(one, "b"),
    });
    const before = tf.memory().numTensors;
    const { losses, total, gradients: found } = step(weighted, golden, one);
    const { loss: lossTolerance, gradients: tolerance } = golden.tolerance;
    expect(Object.keys(losses).sort()).toEqual(Object.keys(one.tasks).sort());
    for (const [task, loss] of Object.entries(losses))
      expect(
        excess([loss], [one.losses[task as "a" | "b"]!], lossTolerance),
        `loss of ${task}`,
      ).toBeLessThanOrEqual(0);
    expect(excess([total], [one.loss], lossTolerance), "loss").toBeLessThanOrEqual(0);
    for (const [parameter, gradient] of found) {
      const expected = expectedGradient(golden, { name, parameter, length: gradient.length });
      expect(excess(gradient, expected, tolerance), parameter).toBeLessThanOrEqual(0);
    }
    // Everything PyTorch has a gradient for was compared.
    const prefix = `grad.${name}.`;
    const stored = golden.names.filter((key) => key.startsWith(prefix));
    if (name !== "task_weights")
      expect([...found.keys()].map((key) => prefix + torchName(key)).sort()).toEqual(stored.sort());
    expect(tf.memory().numTensors).toBe(before);
    weighted.dispose();
  });
});

describe("a batch in which texts are labelled for some tasks only", async () => {
  const golden = await readGolden("tiny-distilbert");
  let model: MultiTaskModel<GoldenTasks>;

  beforeAll(async () => {
    await startTestBackend();
    model = await goldenModel("tiny-distilbert", golden);
  });
  afterAll(() => model.dispose());

  const gradientsOf = (tasks: GoldenCase["tasks"], mask: { a: boolean[]; b: boolean[] }) => {
    const targets = (task: "a" | "b") =>
      golden.targets(task, "full").map((label, row) => (mask[task][row] ? label : -1));
    const one: GoldenCase = { labels: "full", tasks, losses: {}, loss: 0 };
    return step(model, { ...golden, targets }, one).gradients;
  };

  it.each<[string, boolean[], boolean[]]>([
    ["halves", [1, 1, 1, 1, 0, 0, 0, 0].map(Boolean), [0, 0, 0, 0, 1, 1, 1, 1].map(Boolean)],
    ["an overlap", [1, 1, 1, 1, 1, 0, 0, 0].map(Boolean), [0, 1, 0, 1, 0, 1, 0, 1].map(Boolean)],
    ["one task absent", [1, 1, 1, 1, 1, 1, 1, 1].map(Boolean), new Array<boolean>(8).fill(false)],
  ])("%s: the gradient is the sum of the tasks' gradients", (_name, a, b) => {
    const mixed = gradientsOf({ a: 0.7, b: 0.3 }, { a, b });
    const onlyA = gradientsOf({ a: 0.7 }, { a, b });
    const onlyB = gradientsOf({ b: 0.3 }, { a, b });
    const zero = (length: number) => new Float32Array(length);
    for (const [name, gradient] of mixed) {
      const partA = onlyA.get(name) ?? zero(gradient.length);
      const partB = onlyB.get(name) ?? zero(gradient.length);
      const sum = partA.map((value, i) => value + partB[i]!);
      expect(excess(gradient, sum, { atol: 1e-7, rtol: 1e-4 }), name).toBeLessThanOrEqual(0);
    }
    expect(mixed.size).toBe(model.parameters().length);
  });

  it("gives a task without a labelled row loss 0", () => {
    const logits = model.logits(batchOf(model, golden.texts), evaluation);
    const nothing = new Int32Array(8).fill(-1);
    const losses = model.losses(logits, { a: golden.targets("a", "partial"), b: nothing });
    expect(losses.a!.dataSync()[0]).toBeGreaterThan(0);
    expect(Math.abs(losses.b!.dataSync()[0]!)).toBe(0);
    tf.dispose([logits, losses.a!, losses.b!]);
  });
});

function optionsOf(one: GoldenCase, task: "a" | "b") {
  return {
    ...(one.class_weights === undefined ? {} : { classWeights: one.class_weights[task] }),
    ...(one.label_smoothing === undefined ? {} : { labelSmoothing: one.label_smoothing }),
  };
}

/** One forward and backward of the weighted sum of the tasks' losses. */
function step(
  model: MultiTaskModel<GoldenTasks>,
  golden: Pick<Golden, "texts" | "targets">,
  one: GoldenCase,
) {
  const batch = batchOf(model, golden.texts);
  const losses: Record<string, number> = {};
  const targets = Object.fromEntries(
    Object.keys(one.tasks).map((task) => [task, golden.targets(task as "a" | "b", one.labels)]),
  );
  const { value, gradients: found } = gradients(
    () => {
      const parts = Object.entries(model.losses(model.logits(batch, evaluation), targets));
      for (const [task, loss] of parts) losses[task] = loss.dataSync()[0]!;
      return tf.addN(
        parts.map(([task, loss]) => tf.mul(loss, one.tasks[task as "a" | "b"]!)),
      ) as tf.Scalar;
    },
    Object.fromEntries(model.parameters().map(({ path, variable }) => [path.name, variable])),
  );
  const total = value.dataSync()[0]!;
  const values = new Map(
    Object.entries(found).map(([name, gradient]) => [name, gradient.dataSync<"float32">()]),
  );
  value.dispose();
  disposeGradients(found);
  return { losses, total, gradients: values };
}

/** PyTorch's gradient; that of `task_weights` is the weighted sum of the tasks' own. */
function expectedGradient(
  golden: Golden,
  { name, parameter, length }: { name: string; parameter: string; length: number },
): Float32Array {
  if (name === "task_weights") {
    const parts = Object.entries(golden.cases.task_weights!.tasks).map(([task, weight]) => {
      const one = `grad.only_${task}.${torchName(parameter)}`;
      const values = golden.names.includes(one) ? stored(golden, one, length) : undefined;
      return (values ?? new Float32Array(length)).map((value) => value * weight);
    });
    return parts.reduce((a, b) => a.map((value, i) => value + b[i]!));
  }
  return stored(golden, `grad.${name}.${torchName(parameter)}`, length);
}

/** A stored gradient in full: of the embeddings only rows that are not 0 are stored. */
function stored(golden: Golden, name: string, length: number): Float32Array {
  const values = golden.floats(name);
  if (values.length === length) return values;
  const full = new Float32Array(length);
  if (name.endsWith("position_embeddings.weight")) full.set(values);
  else {
    const rows = golden.integers("rows");
    const width = values.length / rows.length;
    for (const [i, row] of rows.entries())
      full.set(values.subarray(i * width, (i + 1) * width), row * width);
  }
  return full;
}
