// Trains on batches of ever new shapes and prints what the process holds. Build first (npx tsc -b), then:
//   node --expose-gc packages/trainer/scripts/watch-memory.mjs MODEL [steps, default 10000]
// MODEL is a small directory, as packages/encoder/test/fixtures/models/tiny-distilbert.
import { createRng } from "@espalier/core";
import { SentenceTransformer } from "@espalier/encoder";
import {
  createAdamW,
  disposeGradients,
  gradients,
  linear,
  softmaxCrossEntropy,
} from "@espalier/ops";
import * as tf from "@tensorflow/tfjs-core";
import { registerOnnxruntimeBackend } from "tfjs-backend-onnxruntime";
import { expectArguments } from "./expect-arguments.mjs";

const [directory, steps = "10000"] = process.argv.slice(2);
expectArguments(process.argv.slice(2), "MODEL");
registerOnnxruntimeBackend();
await tf.setBackend("onnxruntime");
const encoder = await SentenceTransformer.load(directory, { pooling: "cls" });
const head = tf.variable(tf.randomNormal([3, encoder.dimension], 0, 0.1));
const variables = {
  ...Object.fromEntries(
    encoder.parameters.entries().map(({ path, variable }) => [path.name, variable]),
  ),
  head,
};
const optimizer = createAdamW(
  Object.entries(variables).map(([name, variable]) => ({ name, variable, weightDecay: 0.01 })),
);
const rng = createRng(5);
const below = (limit) => Math.floor(rng.uniform() * limit);
for (let step = 1; step <= Number(steps); step++) {
  const encodings = Array.from({ length: 2 + below(7) }, () => ({
    ids: Int32Array.from({ length: 3 + below(30) }, () => below(60)),
  }));
  const labels = Int32Array.from(encodings, () => below(3));
  const { value, gradients: found } = gradients(() => {
    const context = { training: true, rng: rng.fork(step) };
    const vectors = encoder.forward(encoder.collate(encodings), context);
    return softmaxCrossEntropy(linear(vectors, head), labels).loss;
  }, variables);
  optimizer.step(found, 1e-4, { alsoEvaluate: [value] });
  value.dispose();
  disposeGradients(found);
  if (step !== 100 && step % 1000 !== 0) continue;
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const { compiles, sessions } = tf.backend().stats();
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
  console.log(
    `step ${step}: resident ${megabytes(rss)}, heap ${megabytes(heapUsed)}, arrays ${megabytes(external)}, ` +
      `${tf.memory().numTensors} tensors, ${compiles} graphs compiled, ${sessions} kept`,
  );
}
