/**
 * Times an encoder's training step (forward, backward, AdamW) on this backend. After `pnpm build`:
 *
 *   node packages/tfjs-backend-onnxruntime/scripts/time-training-step.mjs [layers,dim,heads,ffn,vocabulary,batch,tokens] [steps] [threads]
 *
 * Several numbers of tokens, as 64/40/57, take turns. On a machine that others use too, only the processor time of one thread means anything.
 */
import { createRng } from "@espalier/core";
import {
  attention,
  attentionIndex,
  createAdamW,
  disposeGradients,
  embedding,
  gelu,
  gradients,
  layerNorm,
  linear,
  softmaxCrossEntropy,
} from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { registerOnnxruntimeBackend } from "tfjs-backend-onnxruntime";

const shape = (process.argv[2] ?? "6,768,12,3072,30522,16,64").split(",");
const [L, D, H, F, V, B] = shape.map(Number);
const lengths = shape[6].split("/").map(Number);
const steps = Number(process.argv[3] ?? 6);

registerOnnxruntimeBackend(
  process.argv[4] === undefined ? {} : { threads: Number(process.argv[4]) },
);
await tf.setBackend("onnxruntime");
const backend = tf.backend();
const rng = createRng(1);
const variables = {};
function parameter(name, shape, { scale = 0.07, offset = 0 } = {}) {
  const length = shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length }, () => offset + scale * (rng.uniform() - 0.5));
  variables[name] = tf.variable(tf.tensor(values, shape));
}
const dense = (name, out, width) => {
  parameter(name, [out, width]);
  parameter(`${name}.bias`, [out], { scale: 0 });
};
const norm = (name) => {
  parameter(`${name}.gain`, [D], { scale: 0, offset: 1 });
  parameter(`${name}.bias`, [D], { scale: 0 });
};
parameter("words", [V, D]);
parameter("positions", [512, D]);
norm("norm");
for (let layer = 0; layer < L; layer++) {
  for (const name of ["q", "k", "v", "o"]) dense(`${layer}.${name}`, D, D);
  dense(`${layer}.up`, F, D);
  dense(`${layer}.down`, D, F);
  norm(`${layer}.n1`);
  norm(`${layer}.n2`);
}
dense("head", 3, D);

const apply = (x, name) => linear(x, variables[name], variables[`${name}.bias`]);
const normalise = (x, name) =>
  layerNorm(x, variables[`${name}.gain`], variables[`${name}.bias`], 1e-12);
const int32 = (length, value) =>
  tf.tensor1d(
    Int32Array.from({ length }, (_, i) => value(i)),
    "int32",
  );

function batchOf(T) {
  const N = B * T;
  const starts = Int32Array.from({ length: B + 1 }, (_, i) => i * T);
  const index = attentionIndex(starts, { heads: H, rows: N, lengthTokens: T });
  return {
    ids: int32(N, () => Math.floor(rng.uniform() * V)),
    positions: int32(N, (i) => i % T),
    first: int32(B, (i) => i * T),
    labels: Int32Array.from({ length: B }, (_, i) => i % 3),
    options: {
      heads: H,
      batch: B,
      lengthTokens: T,
      slots: {
        gather: tf.tensor1d(index.gather, "int32"),
        scatter: tf.tensor1d(index.scatter, "int32"),
        bias: tf.tensor4d(index.bias, [B, 1, 1, T]),
      },
    },
  };
}
const batches = lengths.map(batchOf);

function loss({ ids, positions, first, labels, options }) {
  let x = tf.add(embedding(variables.words, ids), embedding(variables.positions, positions));
  x = normalise(x, "norm");
  for (let layer = 0; layer < L; layer++) {
    const [q, k, v] = ["q", "k", "v"].map((name) => apply(x, `${layer}.${name}`));
    const mixed = attention({ q, k, v }, options);
    x = normalise(tf.add(x, apply(mixed, `${layer}.o`)), `${layer}.n1`);
    const inner = gelu(apply(x, `${layer}.up`), "erf");
    x = normalise(tf.add(x, apply(inner, `${layer}.down`)), `${layer}.n2`);
  }
  return softmaxCrossEntropy(apply(tf.gather(x, first), "head"), labels).loss;
}

const optimizer = createAdamW(
  Object.entries(variables).map(([name, variable]) => ({ name, variable, weightDecay: 0.01 })),
);
for (let step = 0; step < steps; step++) {
  const before = backend.stats();
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const { value, gradients: found } = gradients(
    () => loss(batches[step % batches.length]),
    variables,
  );
  const recorded = performance.now();
  const { gradientNorm } = optimizer.step(found, 2e-5, { alsoEvaluate: [value] });
  const loss_ = value.dataSync()[0];
  disposeGradients(found);
  value.dispose();
  const end = performance.now();
  const cpu = process.cpuUsage(cpuBefore);
  const after = backend.stats();
  const spent = (key) => (after[key] - before[key]).toFixed(1);
  console.log(
    `step ${step}: loss ${loss_.toFixed(5)} norm ${gradientNorm.toFixed(4)} | ${(end - start).toFixed(0)} ms, processor ${((cpu.user + cpu.system) / 1000).toFixed(0)} ms: ` +
      `record ${(recorded - start).toFixed(1)}, plan ${spent("planMs")}, compile ${spent("compileMs")}, ` +
      `run ${spent("runMs")}, update and rest ${(end - recorded - (after.runMs - before.runMs) - (after.planMs - before.planMs) - (after.compileMs - before.compileMs)).toFixed(1)} | ` +
      `launches ${after.launches - before.launches}, fetched ${((after.fetchedBytes - before.fetchedBytes) / 1e6).toFixed(1)} MB, ` +
      `tensors ${tf.memory().numTensors}`,
  );
}
