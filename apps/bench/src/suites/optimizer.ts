import { join } from "node:path";
import { type Contender, interleave, secondsOf } from "../method/interleave.ts";
import { disagreement } from "../peers/agreement.ts";
import type { Skipped } from "../report/bench-report.ts";
import { measurement } from "../report/measurement.ts";
import {
  createOwnOptimizer,
  OPTIMIZER_LEARNING_RATE,
  type OwnOptimizer,
} from "../workloads/own-optimizer.ts";
import { DISTILBERT, DISTILBERT_BYTES, SMALL_SHAPE } from "../workloads/trunk-shape.ts";
import { writeModel } from "../workloads/write-model.ts";
import type { Suite, SuiteContext } from "./suite.ts";

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
      context.progress(`${NAME}  writing the model`);
      const directory = join(context.temporaryDirectory, NAME);
      await writeModel(directory, context.quick ? SMALL_SHAPE : DISTILBERT);
      const own = await createOwnOptimizer(directory);
      try {
        const work = `AdamW, ${(own.parameters / 1e6).toFixed(1)} M parameters`;
        const { peer, skipped } = await agreeingPeer({ own, directory, work }, context);
        const { timings, failures } = await interleave(
          [{ name: "espalier", round: () => secondsOf(own.step) }, ...peer],
          {
            rounds: context.rounds,
            warmup: 2,
            pauseMs: context.pauseMs,
            signal: context.signal,
            onRound: (done, total) => context.progress(`${NAME}  round ${done + 1} of ${total}`),
          },
        );
        const items = { count: own.parameters, unit: "parameters" };
        return {
          measurements: [measurement({ work, quantity: "seconds", values: timings, items })],
          skipped: [
            ...skipped,
            ...[...failures].map(([contender, reason]) => ({ contender, work, reason })),
          ],
        };
      } finally {
        own.dispose();
      }
    },
  };
}

async function agreeingPeer(
  { own, directory, work }: { own: OwnOptimizer; directory: string; work: string },
  context: SuiteContext,
): Promise<{ peer: Contender[]; skipped: Skipped[] }> {
  const skip = (reason: string): { peer: []; skipped: Skipped[] } => ({
    peer: [],
    skipped: [{ contender: PEER, work, reason }],
  });
  for (let i = 0; i < CHECKED_STEPS; i++) own.step();
  const weightNorm = await own.weightNorm();
  try {
    const python = await context.python();
    const learningRate = OPTIMIZER_LEARNING_RATE;
    await python.request("optimizer_load", { name: NAME, directory, learningRate });
    const step = (norm: boolean): Promise<{ seconds: number; weightNorm?: number }> =>
      python.request("optimizer_step", { name: NAME, norm });
    let theirs = await step(true);
    for (let i = 1; i < CHECKED_STEPS; i++) theirs = await step(true);
    const reason = disagreement({ weightNorm }, { weightNorm: theirs.weightNorm });
    if (reason !== undefined) return skip(reason);
    return { peer: [{ name: PEER, round: async () => (await step(false)).seconds }], skipped: [] };
  } catch (error) {
    if (context.signal.aborted) throw error;
    return skip((error as Error).message);
  }
}
