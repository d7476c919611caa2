import { join } from "node:path";
import { interleave } from "../method/interleave.ts";
import { runProbe } from "../peers/run-probe.ts";
import { loadStepPeer } from "../peers/step-peer.ts";
import type { Measurement, Skipped } from "../report/bench-report.ts";
import { measurement } from "../report/measurement.ts";
import { labelledBatch } from "../workloads/labelled-batch.ts";
import { SMALL_SHAPE, TRUNK_SHAPES, type TrunkShape } from "../workloads/trunk-shape.ts";
import { writeModel } from "../workloads/write-model.ts";
import type { Suite, SuiteContext } from "./suite.ts";

const PEER = "PyTorch";
const STEPS = 3;
/** A process's peak hardly varies, and each takes a process of its own. */
const ROUNDS = { full: 3, quick: 1 };

/** Peak resident memory of a process that trains, as the operating system counts it. */
export function memory(): Suite {
  return {
    name: "memory",
    summary: "peak resident memory of a process that trains",
    async run(context) {
      const measurements: Measurement[] = [];
      const skipped: Skipped[] = [];
      const shapes = context.quick ? [SMALL_SHAPE] : TRUNK_SHAPES;
      for (const shape of shapes) {
        const directory = join(context.temporaryDirectory, `memory-${shape.width}`);
        await writeModel(directory, shape);
        const { backend, threads, signal } = context;
        const work = `${shape.name} ${STEPS} full steps`;
        const task = { do: "train", directory, shape, steps: STEPS } as const;
        const { timings, failures } = await interleave(
          [
            {
              name: "espalier",
              round: async () => (await runProbe({ backend, threads, task }, signal)).peakBytes,
            },
            { name: PEER, round: () => peerPeakBytes({ shape, directory }, context) },
          ],
          {
            rounds: context.quick ? ROUNDS.quick : ROUNDS.full,
            warmup: 0,
            signal,
            onRound: (done, total) =>
              context.progress(`memory  ${work}  round ${done + 1} of ${total}`),
          },
        );
        for (const [contender, reason] of failures) skipped.push({ contender, work, reason });
        measurements.push(measurement({ work, quantity: "bytes", values: timings }));
      }
      return { measurements, skipped };
    },
  };
}

async function peerPeakBytes(
  { shape, directory }: { shape: TrunkShape; directory: string },
  context: SuiteContext,
): Promise<number> {
  const python = await context.freshPython();
  try {
    const peer = await loadStepPeer(python, {
      name: shape.name,
      directory,
      data: labelledBatch(shape, 1),
      compile: false,
    });
    for (let i = 0; i < STEPS; i++) await peer.step("full");
    return (await python.request<{ peakBytes: number }>("memory")).peakBytes;
  } finally {
    python.stop();
  }
}
