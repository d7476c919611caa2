// Times full training steps with the active rows of the word table and with all of them, and what the plan estimates for
// them. Build first (npx tsc -b), then:
//   node packages/trainer/scripts/time-vocabulary.mjs MODEL TEXTS.csv active|all [--rows 2000] [--batch 32] [--steps 12]
// MODEL is a directory, TEXTS.csv has a column of texts and one of labels. One process a setting: peak memory is of interest.
import { parseArgs } from "node:util";
import { measureSpeed } from "@espalier/backends";
import { createRng, peakMemoryBytes } from "@espalier/core";
import { inferColumns, readTable, toDataset } from "@espalier/data";
import { SentenceTransformer } from "@espalier/encoder";
import { freeze } from "@espalier/freeze-policy";
import { classification } from "@espalier/heads";
import { MultiTaskModel } from "@espalier/model";
import { createTrainingSession, openVectorSource, planStep, textTable } from "@espalier/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { registerOnnxruntimeBackend } from "tfjs-backend-onnxruntime";
import { expectArguments } from "./expect-arguments.mjs";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: "string", default: "2000" },
    batch: { type: "string", default: "32" },
    steps: { type: "string", default: "12" },
  },
});
expectArguments(positionals, "MODEL TEXTS.csv active|all");
const [directory, texts, vocabulary] = positionals;
const megabytes = (value) => (value / 1e6).toFixed(0);
const median = (times) => [...times].sort((a, b) => a - b)[times.length >> 1];

registerOnnxruntimeBackend();
await tf.setBackend("onnxruntime");
const table = await readTable(texts);
const plan = inferColumns(table);
const [task] = plan.labels;
const { examples } = toDataset(table, plan);
const rng = createRng(1);
const chosen = examples
  .map((example) => [rng.uniform(), example])
  .sort(([a], [b]) => a - b)
  .slice(0, Number(values.rows))
  .map(([, example]) => example);
const encoder = await SentenceTransformer.load(directory);
const model = new MultiTaskModel(encoder, { task: classification(task.classes) }, { seed: 1 });
const encodings = chosen.map(({ text }) => encoder.tokenize(text));
const used = Int32Array.from(new Set([0, ...encodings.flatMap(({ ids }) => [...ids])])).sort();
const active = vocabulary === "active";
const steps = planStep(freeze.none(), model, active ? { activeRows: used.length } : {});
const session = createTrainingSession(model, {
  ...{ optimizer: { kind: "adamw" }, clipNorm: 1, taskFactors: { task: 1 } },
  trainable: new Set(steps.trainable),
  activeRows: active ? used : undefined,
});
session.use(
  steps,
  await openVectorSource(encoder, textTable(encodings), {
    ...{ start: "text", cache: "off", cacheLimitBytes: 0 },
  }),
);
const B = Number(values.batch);
const take = (step) => {
  // The same few batches again and again: their graphs are compiled in the first rounds.
  const rows = Int32Array.from({ length: B }, (_, i) => ((step % 3) * B + i) % chosen.length);
  const targets = rows.map((row) =>
    model.encodeLabel("task", chosen[row].labels[task.column], "row"),
  );
  session.step([{ texts: rows, targets: { task: targets } }], {
    learningRate: 5e-5,
    rng: rng.fork(step),
  });
};
for (let step = 0; step < 6; step++) take(step);
const before = await measureSpeed(encoder.width);
const times = [];
for (let step = 0; step < Number(values.steps); step++) {
  const start = performance.now();
  take(step);
  times.push(performance.now() - start);
}
const speed = (before + (await measureSpeed(encoder.width))) / 2;
const seen = encodings.slice(0, 3 * B);
const tokens = seen.reduce((sum, { ids }) => sum + ids.length, 0);
const { flops } = planStep(freeze.none(), model, { texts: 3 * B, tokens }).estimate;
const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
const asked = performance.now();
await encoder.parameters.values(encoder.wordTable.name);
const { activeRows } = steps;
console.log(
  `${vocabulary}: ${activeRows === undefined ? "all" : activeRows.rows} of ${encoder.wordTable.rows} rows`,
  `| step ${median(times).toFixed(0)} ms (${times.map((time) => time.toFixed(0)).join(" ")})`,
  `| products alone ${((1000 * flops) / 3 / speed).toFixed(0)} ms at ${(speed / 1e9).toFixed(0)} GFLOP/s, ${(flops / 3 / speed / (mean / 1000)).toFixed(2)} of the mean step`,
  `| table up to date after ${Number(values.steps) + 6} steps: ${(performance.now() - asked).toFixed(0)} ms`,
  `| gradients and moments ${megabytes(steps.estimate.gradientBytes + steps.estimate.stateBytes)} MB`,
  `| peak ${megabytes(peakMemoryBytes())} MB`,
);
