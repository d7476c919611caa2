import { join } from "node:path";
import { BACKEND_NAMES, startBackend } from "@espalier/backends";
import { SentenceTransformer } from "@espalier/encoder";
import * as tf from "@tensorflow/tfjs-core";
import { type Contender, interleave, secondsOf } from "../method/interleave.ts";
import type { Skipped } from "../report/bench-report.ts";
import { measurement } from "../report/measurement.ts";
import { sentences } from "../workloads/sentences.ts";
import { SMALL_SHAPE } from "../workloads/trunk-shape.ts";
import { writeModel } from "../workloads/write-model.ts";
import type { Suite, SuiteContext } from "./suite.ts";

const SENTENCES = 16;
const WORK = `2 layers × 256, ${SENTENCES} short sentences`;

/** The same sentences on every backend that starts here; the chosen one comes first. */
export function backends(): Suite {
  return {
    name: "backends",
    summary: "the same encoding on each TensorFlow.js backend",
    async run(context) {
      const directory = join(context.temporaryDirectory, "backends");
      await writeModel(directory, SMALL_SHAPE);
      const texts = sentences({ count: SENTENCES, words: [4, 24], seed: 5 });
      const skipped: Skipped[] = [];
      const models: SentenceTransformer[] = [];
      const contenders: Contender[] = [];
      const others = BACKEND_NAMES.filter((name) => name !== context.backend);
      try {
        for (const name of [context.backend, ...others]) {
          context.progress(`backends  starting ${name}`);
          try {
            await startBackend(name, { threads: context.threads });
          } catch (error) {
            skipped.push({ contender: name, work: WORK, reason: (error as Error).message });
            continue;
          }
          const model = await SentenceTransformer.load(directory);
          models.push(model);
          contenders.push({
            name,
            async round() {
              await tf.setBackend(name);
              return secondsOf(() => model.encode(texts));
            },
          });
        }
        const { timings, failures } = await interleave(contenders, rounds(context));
        for (const [contender, reason] of failures) skipped.push({ contender, work: WORK, reason });
        const items = { count: SENTENCES, unit: "sentences" };
        return {
          measurements: [measurement({ work: WORK, quantity: "seconds", values: timings, items })],
          skipped,
        };
      } finally {
        for (const model of models) model.dispose();
        await tf.setBackend(context.backend);
      }
    },
  };
}

function rounds(context: SuiteContext): Parameters<typeof interleave>[1] {
  return {
    rounds: context.rounds,
    warmup: 2,
    pauseMs: context.pauseMs,
    signal: context.signal,
    onRound: (done, total) => context.progress(`backends  round ${done + 1} of ${total}`),
  };
}
