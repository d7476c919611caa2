import { join } from "node:path";
import { createSgemm, type Sgemm } from "../limit/sgemm.ts";
import { type Contender, interleave, secondsOf } from "../method/interleave.ts";
import { disagreement } from "../peers/agreement.ts";
import type { PythonPeer } from "../peers/python-peer.ts";
import type { Measurement, Skipped } from "../report/bench-report.ts";
import { limitOf, measurement } from "../report/measurement.ts";
import { type LabelledBatch, labelledBatch } from "../workloads/labelled-batch.ts";
import { FORWARD_AND_BACKWARD, flops, neededProducts } from "../workloads/matrix-products.ts";
import {
  createOwnStep,
  LEARNING_RATE,
  type OwnStep,
  type StepOutcome,
  type StepPart,
} from "../workloads/own-step.ts";
import { TRUNK_SHAPES, type TrunkShape } from "../workloads/trunk-shape.ts";
import { writeModel } from "../workloads/write-model.ts";
import type { Suite, SuiteContext } from "./suite.ts";

/** Forward, forward and backward, and the full AdamW step of a multi-task model, against PyTorch. */
export function trainStep(shapes: readonly TrunkShape[] = TRUNK_SHAPES): Suite {
  return {
    name: "train-step",
    summary: "one training step: forward, and backward, and AdamW",
    async run(context) {
      const measurements: Measurement[] = [];
      const skipped: Skipped[] = [];
      for (const shape of shapes) {
        const found = await timeShape(shape, context);
        measurements.push(...found.measurements);
        skipped.push(...found.skipped);
      }
      return { measurements, skipped };
    },
  };
}

const PARTS = {
  forward: "forward",
  backward: "forward + backward",
  full: "full step",
} as const satisfies Record<StepPart, string>;

const WARMUP_ROUNDS = 2;
const SGEMM = "sgemm";

async function timeShape(
  shape: TrunkShape,
  context: SuiteContext,
): Promise<{ measurements: Measurement[]; skipped: Skipped[] }> {
  context.progress(`train-step  ${shape.name}  writing the model`);
  const directory = join(context.temporaryDirectory, shape.name.replaceAll(/\W+/g, "-"));
  await writeModel(directory, shape);
  const data = labelledBatch(shape, 1);
  const own = await createOwnStep(directory, data);
  const products = neededProducts(shape);
  const sgemm = await createSgemm(products.dense, context.threads);
  try {
    const { peers, skipped } = await agreeingPeers({ shape, directory, data, own }, context);
    const measurements: Measurement[] = [];
    for (const part of Object.keys(PARTS) as StepPart[]) {
      const work = `${shape.name} ${PARTS[part]}`;
      const speeds: number[] = [];
      const { timings, failures } = await interleave(
        [
          { name: "espalier", round: () => secondsOf(() => own.run(part)) },
          ...peers.map((peer) => peer.contender(part)),
          sgemmContender(sgemm, speeds),
        ],
        {
          rounds: context.rounds,
          warmup: WARMUP_ROUNDS,
          pauseMs: context.pauseMs,
          signal: context.signal,
          onRound: (done, total) =>
            context.progress(`train-step  ${work}  round ${done + 1} of ${total}`),
        },
      );
      for (const [contender, reason] of failures) skipped.push({ contender, work, reason });
      const needed =
        flops([...products.dense, ...products.attention]) *
        (part === "forward" ? 1 : FORWARD_AND_BACKWARD);
      measurements.push(
        measurement({
          work,
          quantity: "seconds",
          values: new Map([...timings].filter(([name]) => name !== SGEMM)),
          items: { count: shape.batch, unit: "sentences" },
          limit: limitOf(needed, speeds.slice(WARMUP_ROUNDS)),
        }),
      );
    }
    for (const peer of peers) await peer.forget();
    return { measurements, skipped };
  } finally {
    own.dispose();
    await sgemm.release();
  }
}

function sgemmContender(sgemm: Sgemm, speeds: number[]): Contender {
  return {
    name: SGEMM,
    async round() {
      speeds.push(await sgemm.flopsPerSecond());
      return 0;
    },
  };
}

interface StepPeer {
  contender(part: StepPart): Contender;
  forget(): Promise<void>;
}

interface Subject {
  readonly shape: TrunkShape;
  readonly directory: string;
  readonly data: LabelledBatch;
  readonly own: OwnStep;
}

/** The peers that compute the same loss and gradients; the others are named with the reason. */
async function agreeingPeers(
  subject: Subject,
  context: SuiteContext,
): Promise<{ peers: StepPeer[]; skipped: Skipped[] }> {
  const work = subject.shape.name;
  const peers: StepPeer[] = [];
  const skipped: Skipped[] = [];
  const wanted = [
    { contender: "PyTorch", compile: false },
    ...(context.compile ? [{ contender: "PyTorch compiled", compile: true }] : []),
  ];
  context.progress(`train-step  ${work}  comparing results`);
  const outcome = await subject.own.check("backward");
  for (const { contender, compile } of wanted) {
    try {
      const peer = await loadPeer(await context.python(), subject, { contender, compile });
      const reason = disagreement({ ...outcome }, { ...(await peer.check()) });
      if (reason === undefined) peers.push(peer);
      else skipped.push({ contender, work, reason });
    } catch (error) {
      if (context.signal.aborted) throw error;
      skipped.push({ contender, work, reason: (error as Error).message });
    }
  }
  return { peers, skipped };
}

async function loadPeer(
  python: PythonPeer,
  { shape, directory, data }: Subject,
  options: { contender: string; compile: boolean },
): Promise<StepPeer & { check(): Promise<StepOutcome> }> {
  const name = `${shape.name} ${options.contender}`;
  await python.request("load", {
    name,
    directory,
    dropout: 0,
    learningRate: LEARNING_RATE,
    compile: options.compile,
  });
  const batch = {
    ids: data.ids.map((ids) => [...ids]),
    mask: data.ids.map((ids) => Array.from(ids, () => 1)),
    labels: Object.fromEntries(
      Object.entries(data.labels).map(([task, labels]) => [task, [...labels]]),
    ),
  };
  const step = (part: StepPart): Promise<StepOutcome & { seconds: number }> =>
    python.request("step", { name, part, ...batch });
  return {
    check: () => python.request("step", { name, part: "backward", norm: true, ...batch }),
    contender: (part) => ({
      name: options.contender,
      round: async () => (await step(part)).seconds,
    }),
    forget: async () => {
      if (python.running) await python.request("forget", { name });
    },
  };
}
