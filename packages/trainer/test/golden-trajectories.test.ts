import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startTestBackend, testBackends } from "@espalier/backends/testing";
import { createRng } from "@espalier/core";
import { type FreezePolicy, type FreezeSchedule, freeze, policyAt } from "@espalier/freeze-policy";
import type { Encoding } from "@espalier/tokenizer";
import { createTrainingSession, planStep, type TrainingBatch, textTable } from "@espalier/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { learningRateFactor } from "../src/learning-rate.ts";
import { plainSource } from "../src/vector-source.ts";
import {
  type Architecture,
  encodingsOf,
  FIXTURES,
  floats,
  integers,
  readTensors,
  type Tensors,
  type TinyModel,
  tinyModel,
} from "./tiny-model.ts";

interface Golden {
  trajectories: Record<string, Trajectory>;
  tolerance: Record<string, { atol: number; rtol: number }>;
}

interface Trajectory {
  config: {
    optimizer: "adamw" | "sgd";
    lr: number;
    weight_decay: number;
    momentum?: number;
    labels: "full" | "partial";
    layerwise_lr_decay?: number;
  };
  frozen: string[];
  warmup_steps: number;
  total_steps: number;
  lr_multiplier: Record<string, number>;
  noisy: string[];
  changed: string[];
  steps: {
    step: number;
    loss: number;
    loss_a: number;
    loss_b: number;
    grad_norm: number;
    lr: number;
    batches: string[];
  }[];
}

const LAYERS = 2;

const POLICIES: Record<string, FreezePolicy | FreezeSchedule> = {
  adamw: freeze.none(),
  adamw_partial_labels: freeze.none(),
  accumulation: freeze.none(),
  sgd_momentum: freeze.none(),
  backbone_frozen: freeze.backbone(),
  head_b_frozen: freeze.head("b"),
  embeddings_layer0_frozen: freeze.layersBelow(1),
  layerwise_lr_decay: freeze.layerwiseDecay(0.8),
  gradual_unfreezing: {
    name: "gradual",
    unit: "step",
    phases: [
      { from: 0, policy: freeze.backbone() },
      { from: 4, policy: freeze.layersBelow(LAYERS - 1) },
      { from: 7, policy: freeze.none() },
    ],
  },
};

describe.each([
  ...testBackends().map((backend) => ["tiny-distilbert", backend] as const),
  ["tiny-bert", testBackends().at(-1) as string] as const,
])("%s on %s", (architecture: Architecture, backend) => {
  const golden = JSON.parse(
    readFileSync(join(FIXTURES, architecture, "golden.json"), "utf8"),
  ) as Golden;
  let data: Tensors;
  let model: TinyModel;
  let initial: Map<string, Float32Array>;

  beforeAll(async () => {
    await startTestBackend(backend);
    data = await readTensors(architecture, "data.safetensors");
    model = await tinyModel(architecture);
    for (const task of ["a", "b"])
      for (const part of ["weight", "bias"]) {
        const name = `heads.${task}.${part}`;
        parameter(name).assign(
          tf.tensor(floats(data, `init.classifier_${task}.${part}`), parameter(name).shape),
        );
      }
    initial = values();
  });
  afterAll(() => model.dispose());

  it.each(Object.keys(POLICIES))("%s follows torch", async (name) => {
    const trajectory = golden.trajectories[name] as Trajectory;
    restore();
    const tensors = tf.memory().numTensors;
    run(name, trajectory);
    expect(tf.memory().numTensors).toBe(tensors);
    await expectFinal(name, trajectory);
  });

  function run(name: string, trajectory: Trajectory): void {
    const { config, steps } = trajectory;
    const policy = POLICIES[name] as FreezePolicy | FreezeSchedule;
    const batches = [...new Set(steps.flatMap((step) => step.batches))];
    const encodings = batches.map((batch) => encodingsOf(data, batch));
    const table = textTable(encodings.flat());
    const trained = [0, 4, 7].flatMap(
      (step) => planStep(policy, model, { at: { epoch: 0, step } }).trainable,
    );
    const session = createTrainingSession(model, {
      optimizer:
        config.optimizer === "adamw"
          ? { kind: "adamw", weightDecay: config.weight_decay }
          : { kind: "sgd", momentum: config.momentum as number, weightDecay: config.weight_decay },
      clipNorm: 1,
      taskFactors: { a: 1, b: 1 },
      trainable: new Set(trained),
    });
    let inForce: FreezePolicy | undefined;
    for (const [step, expected] of steps.entries()) {
      const now = policyAt(policy, { epoch: 0, step });
      if (now !== inForce) {
        const plan = planStep(now, model);
        session.use(plan, plainSource(model.encoder, table, plan.start));
        inForce = now;
      }
      const span = { warmupSteps: trajectory.warmup_steps, totalSteps: trajectory.total_steps };
      const learningRate = config.lr * learningRateFactor("linear", span, step);
      expect(learningRate).toBeCloseTo(expected.lr, 12);
      const result = session.step(
        expected.batches.map((batch) =>
          trainingBatch(batch, config.labels, { batches, encodings }),
        ),
        { learningRate, rng: createRng(step) },
      );
      const loss = golden.tolerance.trajectory_loss as { atol: number };
      expect(Math.abs(result.loss - expected.loss), `loss of step ${step}`).toBeLessThan(loss.atol);
      // With the head frozen and the trunk training, its task still counts.
      expect(Math.abs((result.losses.a as number) - expected.loss_a)).toBeLessThan(loss.atol);
      expect(Math.abs((result.losses.b as number) - expected.loss_b)).toBeLessThan(loss.atol);
      expect(
        Math.abs(result.gradientNorm - expected.grad_norm),
        `gradient norm of step ${step}`,
      ).toBeLessThan(1e-3 + 1e-3 * expected.grad_norm);
    }
    expect(session.steps).toBe(steps.length);
    session.dispose();
  }

  async function expectFinal(name: string, trajectory: Trajectory): Promise<void> {
    const final = await readTensors(architecture, `trajectory.${name}.safetensors`);
    const compared = [...final.keys()].filter(
      (key) => key.startsWith("final.") && !key.startsWith("final.logits."),
    );
    for (const key of compared) {
      const goldenName = key.slice("final.".length);
      const got = await parameter(ourName(goldenName)).data();
      const expected = floats(final, key);
      const noisy = trajectory.noisy.includes(goldenName);
      const atol = noisy ? 2 * trajectory.steps.reduce((sum, { lr }) => sum + lr, 0) : 5e-5;
      let worst = 0;
      for (const [i, value] of expected.entries())
        worst = Math.max(worst, Math.abs((got[i] as number) - value) - 1e-3 * Math.abs(value));
      expect(worst, goldenName).toBeLessThanOrEqual(atol);
    }
    for (const frozen of trajectory.frozen) {
      const before = initial.get(ourName(frozen));
      if (before === undefined) continue; // BERT's pooler is not part of a sentence vector
      expect(await parameter(ourName(frozen)).data(), frozen).toEqual(before);
    }
    const logits = tf.tidy(() =>
      model.logits(model.encoder.collate(encodingsOf(data, "batch")), { training: false }),
    );
    for (const task of ["a", "b"] as const) {
      const got = await logits[task].data();
      for (const [i, value] of floats(final, `final.logits.${task}`).entries())
        expect(Math.abs((got[i] as number) - value), `logit ${i} of ${task}`).toBeLessThan(2e-3);
    }
    tf.dispose([logits.a, logits.b]);
  }

  function trainingBatch(
    batch: string,
    labels: "full" | "partial",
    { batches, encodings }: { batches: string[]; encodings: Encoding[][] },
  ): TrainingBatch {
    const at = batches.indexOf(batch);
    const first = encodings.slice(0, at).flat().length;
    const target = (task: string): Int32Array =>
      integers(data, `${batch}.labels_${task}.${labels}`).map((label) => Math.max(label, -1));
    return {
      texts: Int32Array.from(encodings[at] as Encoding[], (_, i) => first + i),
      targets: { a: target("a"), b: target("b") },
    };
  }

  function parameter(name: string): tf.Variable {
    const found = model.parameters().find(({ path }) => path.name === name);
    if (found === undefined) throw new Error(`no parameter ${name}`);
    return found.variable;
  }

  function values(): Map<string, Float32Array> {
    return new Map(
      model
        .parameters()
        .map(({ path, variable }) => [path.name, variable.dataSync<"float32">().slice()]),
    );
  }

  function restore(): void {
    for (const [name, before] of initial)
      tf.tidy(() => parameter(name).assign(tf.tensor(before.slice(), parameter(name).shape)));
  }
});

function ourName(golden: string): string {
  return golden.replace(/^classifier_/, "heads.").replace(/^encoder\./, "");
}
