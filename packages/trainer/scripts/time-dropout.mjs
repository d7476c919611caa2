// Times full training steps with a model's own dropout and without any, in turns. Build first (npx tsc -b), then:
//   node packages/trainer/scripts/time-dropout.mjs MODEL [--batch 16] [--tokens 64] [--steps 8]
// MODEL is the directory of a BERT or DistilBERT; its values do not matter.
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { createRng } from "@espalier/core";
import { SentenceTransformer } from "@espalier/encoder";
import { freeze } from "@espalier/freeze-policy";
import { classification } from "@espalier/heads";
import { MultiTaskModel } from "@espalier/model";
import { createTrainingSession, openVectorSource, planStep, textTable } from "@espalier/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { registerOnnxruntimeBackend } from "tfjs-backend-onnxruntime";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    batch: { type: "string", default: "16" },
    tokens: { type: "string", default: "64" },
    steps: { type: "string", default: "8" },
  },
});
const [B, T, STEPS] = [values.batch, values.tokens, values.steps].map(Number);
const directory = resolve(positionals[0]);
const median = (times) => [...times].sort((a, b) => a - b)[times.length >> 1];

registerOnnxruntimeBackend();
await tf.setBackend("onnxruntime");
const backend = tf.backend();
const rng = createRng(1);
const encodings = Array.from({ length: B }, () => ({
  ids: Int32Array.from({ length: T }, () => 1000 + Math.floor(rng.uniform() * 4000)),
}));

/** A stepping function over a copy of the model. @param rate undefined: as its config says */
async function contender(rate) {
  const copy = await mkdtemp(join(tmpdir(), "espalier-dropout-"));
  try {
    const config = JSON.parse(await readFile(join(directory, "config.json"), "utf8"));
    for (const key of Object.keys(config))
      if (rate !== undefined && /dropout/.test(key) && typeof config[key] === "number")
        config[key] = rate;
    for (const file of ["tokenizer.json", "tokenizer_config.json"])
      await cp(join(directory, file), join(copy, file));
    await symlink(join(directory, "model.safetensors"), join(copy, "model.safetensors"));
    await writeFile(join(copy, "config.json"), JSON.stringify(config));
    const encoder = await SentenceTransformer.load(copy, { pooling: "mean" });
    const model = new MultiTaskModel(encoder, { task: classification(["a", "b"]) }, { seed: 1 });
    const plan = planStep(freeze.none(), model);
    const session = createTrainingSession(model, {
      ...{ optimizer: { kind: "adamw" }, clipNorm: 1, taskFactors: { task: 1 } },
      trainable: new Set(plan.trainable),
    });
    const source = { start: "text", cache: "off", cacheLimitBytes: 0 };
    session.use(plan, await openVectorSource(encoder, textTable(encodings), source));
    const texts = Int32Array.from({ length: B }, (_, i) => i);
    return (step) => {
      const before = backend.stats().runMs;
      const start = performance.now();
      session.step([{ texts, targets: { task: texts.map((i) => i % 2) } }], {
        learningRate: 1e-6,
        rng: rng.fork(step),
      });
      const total = performance.now() - start;
      return { total, run: backend.stats().runMs - before };
    };
  } finally {
    await rm(copy, { recursive: true });
  }
}

const contenders = [await contender(undefined), await contender(0)];
const times = contenders.map(() => []);
for (let step = 0; step < STEPS + 2; step++)
  for (const [i, take] of contenders.entries()) {
    const spent = take(step);
    if (step >= 2) times[i].push(spent);
  }
for (const [i, name] of ["own dropout", "no dropout"].entries()) {
  const [total, run] = ["total", "run"].map((key) => median(times[i].map((time) => time[key])));
  console.log(
    `${name}: step ${total.toFixed(0)} ms, in graphs ${run.toFixed(0)}, besides ${(total - run).toFixed(0)}`,
    `(${times[i].map(({ total }) => total.toFixed(0)).join(" ")})`,
  );
}
const differences = times[0].map(({ total }, i) => total / times[1][i].total - 1);
console.log(`dropout adds ${(100 * median(differences)).toFixed(1)} % (median of pairs)`);
