import { BACKEND_NAMES, startBackend } from "@espalier/backends";
import { SentenceTransformer } from "@espalier/encoder";
import * as tf from "@tensorflow/tfjs-core";
import { type Contender, secondsOf } from "../method/interleave.ts";
import { orSkipped } from "../peers/or-skipped.ts";
import type { Skipped } from "../report/bench-report.ts";
import { sentences } from "../workloads/sentences.ts";
import { SMALL_SHAPE } from "../workloads/trunk-shape.ts";
import type { Findings } from "./findings.ts";
import type { Suite, SuiteContext } from "./suite.ts";
import { timeWork } from "./time-work.ts";

/** The `cpu` backend takes seconds. */
const SENTENCES = { full: 16, quick: 4 };

/** The same sentences on every backend that starts here; the chosen one comes first. */
export function backends(): Suite {
  return {
    name: "backends",
    summary: "the same encoding on each TensorFlow.js backend",
    async run(context) {
      const directory = await context.models.directoryOf(SMALL_SHAPE);
      const count = context.quick ? SENTENCES.quick : SENTENCES.full;
      const texts = sentences({ count, words: [4, 24], seed: 5 });
      const models: SentenceTransformer[] = [];
      const open = async (name: string): Promise<Contender> => {
        await startBackend(name, { threads: context.threads });
        const model = await SentenceTransformer.load(directory);
        models.push(model);
        return {
          name,
          async round() {
            await tf.setBackend(name);
            return secondsOf(() => model.encode(texts));
          },
        };
      };
      try {
        return await timeBackends({ open, count }, context);
      } finally {
        for (const model of models) model.dispose();
        await tf.setBackend(context.backend);
      }
    },
  };
}

async function timeBackends(
  { open, count }: { open: (name: string) => Promise<Contender>; count: number },
  context: SuiteContext,
): Promise<Findings> {
  const work = `2 layers × 256, ${count} short sentences`;
  const contenders = [await open(context.backend)];
  const skipped: Skipped[] = [];
  for (const contender of BACKEND_NAMES.filter((name) => name !== context.backend)) {
    context.progress(`starting ${contender}`);
    const part = { contender, work };
    const found = await orSkipped(part, context.signal, () => open(contender));
    contenders.push(...found.opened);
    skipped.push(...found.skipped);
  }
  const items = { count, unit: "sentences" };
  return timeWork({ work, quantity: "seconds", contenders, skipped, items }, context);
}
