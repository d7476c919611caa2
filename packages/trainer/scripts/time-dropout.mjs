// Times full training steps with a model's own dropout and without any, in turns over the same weights. Build first
// (npx tsc -b), then:
//   node packages/trainer/scripts/time-dropout.mjs MODEL [--batch 16] [--tokens 64] [--steps 8] [--threads N]
// MODEL is the directory of a BERT or DistilBERT; its values do not matter. On a machine that others use too, only the
// processor time of one thread means anything.
import { parseArgs } from "node:util";
import { createRng } from "@espalier/core";
import { SentenceTransformer } from "@espalier/encoder";
import { createAdamW, disposeGradients, gradients } from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { registerOnnxruntimeBackend } from "tfjs-backend-onnxruntime";
import { expectArguments } from "./expect-arguments.mjs";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    batch: { type: "string", default: "16" },
    tokens: { type: "string", default: "64" },
    steps: { type: "string", default: "8" },
    threads: { type: "string" },
  },
});
expectArguments(positionals, "MODEL");
const [B, T, STEPS] = [values.batch, values.tokens, values.steps].map(Number);
const median = (times) => [...times].sort((a, b) => a - b)[times.length >> 1];

// Room for an arena for either graph: otherwise the second one would pay for allocations.
registerOnnxruntimeBackend({
  maxSessionBytes: 8 * 2 ** 30,
  ...(values.threads === undefined ? {} : { threads: Number(values.threads) }),
});
await tf.setBackend("onnxruntime");
const backend = tf.backend();
const rng = createRng(1);
const encoder = await SentenceTransformer.load(positionals[0], { pooling: "mean" });
const encodings = Array.from({ length: B }, () => ({
  ids: Int32Array.from({ length: T }, () => 1000 + Math.floor(rng.uniform() * 4000)),
}));
const entries = encoder.parameters.entries().map(({ path, variable }) => [path.name, variable]);
const variables = Object.fromEntries(entries);
const optimizer = createAdamW(
  entries.map(([name, variable]) => ({ name, variable, weightDecay: 0.01 })),
);

function take(step, training) {
  const before = backend.stats().runMs;
  const start = performance.now();
  const processor = process.cpuUsage();
  const batch = encoder.collate(encodings);
  const { value, gradients: found } = gradients(
    () => tf.mean(tf.square(encoder.forward(batch, { training, rng: rng.fork(step) }))),
    variables,
  );
  optimizer.step(found, 1e-6, { alsoEvaluate: [value] });
  disposeGradients(found);
  value.dispose();
  const total = performance.now() - start;
  const { user, system } = process.cpuUsage(processor);
  return { total, run: backend.stats().runMs - before, processor: (user + system) / 1000 };
}

const times = { true: [], false: [] };
for (let step = 0; step < STEPS + 2; step++)
  for (const training of [true, false]) {
    const spent = take(step, training);
    if (step >= 2) times[training].push(spent);
  }
for (const [training, name] of [
  [true, "own dropout"],
  [false, "no dropout"],
]) {
  const [total, run, processor] = ["total", "run", "processor"].map((key) =>
    median(times[training].map((time) => time[key])),
  );
  console.log(
    `${name}: step ${total.toFixed(0)} ms, in graphs ${run.toFixed(0)}, processor ${processor.toFixed(0)}`,
    `(${times[training].map(({ processor }) => processor.toFixed(0)).join(" ")})`,
  );
}
for (const key of ["total", "processor"]) {
  const shares = times.true.map((time, i) => time[key] / times.false[i][key] - 1);
  console.log(`dropout adds ${(100 * median(shares)).toFixed(1)} % (${key}, median of pairs)`);
}
