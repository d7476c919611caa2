import { type Contender, secondsOf } from "../method/interleave.ts";
import { expectAgreement } from "../peers/agreement.ts";
import { orSkipped } from "../peers/or-skipped.ts";
import {
  createOwnOptimizer,
  OPTIMIZER_LEARNING_RATE,
  type OwnOptimizer,
} from "../workloads/own-optimizer.ts";
import { DISTILBERT, DISTILBERT_BYTES, SMALL_SHAPE } from "../workloads/trunk-shape.ts";
import type { Findings } from "./findings.ts";
import type { Suite, SuiteContext } from "./suite.ts";
import { timeWork } from "./time-work.ts";

const PEER = "PyTorch (fused)";
const NAME = "optimizer";
/** Steps after which the weights are compared. */
const CHECKED_STEPS = 3;

/** AdamW alone, over all weights of a model. */
export function optimizer(): Suite {
  return {
    name: NAME,
    summary: "AdamW alone",
    needsBytes: DISTILBERT_BYTES,
    async run(context) {
      context.progress("writing the model");
      const directory = await context.models.directoryOf(context.quick ? SMALL_SHAPE : DISTILBERT);
      const own = await createOwnOptimizer(directory);
      try {
        return await timeSteps(own, directory, context);
      } finally {
        own.dispose();
      }
    },
  };
}

async function timeSteps(
  own: OwnOptimizer,
  directory: string,
  context: SuiteContext,
): Promise<Findings> {
  const work = `AdamW, ${(own.parameters / 1e6).toFixed(1)} M parameters`;
  for (let i = 0; i < CHECKED_STEPS; i++) own.step();
  const weightNorm = await own.weightNorm();
  const { opened, skipped } = await orSkipped({ contender: PEER, work }, context.signal, () =>
    agreeingPeer(weightNorm, directory, context),
  );
  return timeWork(
    {
      work,
      quantity: "seconds",
      contenders: [{ name: "espalier", round: () => secondsOf(own.step) }, ...opened],
      skipped,
      items: { count: own.parameters, unit: "parameters" },
    },
    context,
  );
}

/** @param weightNorm ours, after `CHECKED_STEPS` */
async function agreeingPeer(
  weightNorm: number,
  directory: string,
  context: SuiteContext,
): Promise<Contender> {
  const python = await context.python();
  const learningRate = OPTIMIZER_LEARNING_RATE;
  await python.request("optimizer_load", { name: NAME, directory, learningRate });
  const step = (norm: boolean): Promise<{ seconds: number; weightNorm?: number }> =>
    python.request("optimizer_step", { name: NAME, norm });
  for (let i = 1; i < CHECKED_STEPS; i++) await step(false);
  expectAgreement({ weightNorm }, { weightNorm: (await step(true)).weightNorm });
  return { name: PEER, round: async () => (await step(false)).seconds };
}
