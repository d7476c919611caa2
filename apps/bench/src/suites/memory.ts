import { runProbe } from "../peers/run-probe.ts";
import { loadStepPeer } from "../peers/step-peer.ts";
import { labelledBatch } from "../workloads/labelled-batch.ts";
import { SMALL_SHAPE, TRUNK_SHAPES, type TrunkShape } from "../workloads/trunk-shape.ts";
import { type Findings, together } from "./findings.ts";
import type { Suite, SuiteContext } from "./suite.ts";
import { timeWork } from "./time-work.ts";

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
      const found: Findings[] = [];
      for (const shape of context.quick ? [SMALL_SHAPE] : TRUNK_SHAPES)
        found.push(await weighShape(shape, context));
      return together(found);
    },
  };
}

async function weighShape(shape: TrunkShape, context: SuiteContext): Promise<Findings> {
  const { backend, threads, signal, quick } = context;
  const directory = await context.models.directoryOf(shape);
  const request = {
    backend,
    threads,
    task: { do: "train", directory, shape, steps: STEPS },
  } as const;
  const own = async (): Promise<number> => (await runProbe(request, signal)).peakBytes;
  return timeWork(
    {
      work: `${shape.name} ${STEPS} full steps`,
      quantity: "bytes",
      contenders: [
        { name: "espalier", round: own },
        { name: PEER, round: () => peerPeakBytes({ shape, directory }, context) },
      ],
      rounds: quick ? ROUNDS.quick : ROUNDS.full,
      warmup: 0,
    },
    context,
  );
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
