import { join } from "node:path";
import { createSgemm, SGEMM, sgemmContender } from "../limit/sgemm.ts";
import { interleave, secondsOf } from "../method/interleave.ts";
import { disagreement } from "../peers/agreement.ts";
import { loadStepPeer, type StepPeer } from "../peers/step-peer.ts";
import type { Curve, Measurement, Skipped } from "../report/bench-report.ts";
import { limitOf, measurement } from "../report/measurement.ts";
import { type LabelledBatch, labelledBatch } from "../workloads/labelled-batch.ts";
import { FORWARD_AND_BACKWARD, flops, neededProducts } from "../workloads/matrix-products.ts";
import { createOwnStep, type OwnStep, type StepPart } from "../workloads/own-step.ts";
import type { TrunkShape } from "../workloads/trunk-shape.ts";
import { writeModel } from "../workloads/write-model.ts";
import type { Suite, SuiteContext } from "./suite.ts";

export interface StepSubject {
  readonly shape: TrunkShape;
  readonly parts: readonly StepPart[];
  /** Rate of every dropout while it is timed; results are compared without. Default 0. */
  readonly dropout?: number;
  readonly curve?: Curve;
}

export interface StepSuiteOptions {
  readonly name: string;
  readonly summary: string;
  readonly needsBytes?: Suite["needsBytes"];
  subjects(quick: boolean): readonly StepSubject[];
}

/** Times parts of a training step of a multi-task model in some shapes, against PyTorch. */
export function stepSuite({ subjects, ...about }: StepSuiteOptions): Suite {
  const { name } = about;
  return {
    ...about,
    async run(context) {
      const measurements: Measurement[] = [];
      const skipped: Skipped[] = [];
      for (const subject of subjects(context.quick)) {
        const progress = (line: string): void => context.progress(`${name}  ${line}`);
        const found = await timeSubject(subject, { ...context, progress });
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

async function timeSubject(
  { shape, parts, dropout = 0, curve }: StepSubject,
  context: SuiteContext,
): Promise<{ measurements: Measurement[]; skipped: Skipped[] }> {
  const title = dropout === 0 ? shape.name : `${shape.name}, dropout ${dropout},`;
  context.progress(`${title}  writing the model`);
  const directory = join(context.temporaryDirectory, title.replaceAll(/\W+/g, "-"));
  const data = labelledBatch(shape, 1);
  const products = neededProducts(shape);
  const sgemm = await createSgemm(products.dense, context.threads);
  let own: OwnStep | undefined;
  try {
    await writeModel(directory, shape);
    own = await createOwnStep(directory, data);
    const { peers, skipped } = await agreeingPeers({ title, directory, data, own }, context);
    if (dropout > 0) {
      own.dispose();
      await writeModel(directory, shape, { dropout });
      own = await createOwnStep(directory, data);
      for (const { peer } of peers) await peer.setDropout(dropout);
    }
    const timed = own;
    const measurements: Measurement[] = [];
    for (const part of parts) {
      const work = `${title} ${PARTS[part]}`;
      const speeds: number[] = [];
      const { timings, failures } = await interleave(
        [
          { name: "espalier", round: () => secondsOf(() => timed.run(part)) },
          ...peers.map(({ contender, peer }) => ({
            name: contender,
            round: () => peer.step(part),
          })),
          sgemmContender(sgemm, speeds),
        ],
        {
          rounds: context.rounds,
          warmup: WARMUP_ROUNDS,
          pauseMs: context.pauseMs,
          signal: context.signal,
          onRound: (done, total) => context.progress(`${work}  round ${done + 1} of ${total}`),
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
          ...(curve === undefined ? {} : { curve }),
          values: new Map([...timings].filter(([name]) => name !== SGEMM)),
          items: { count: shape.batch, unit: "sentences" },
          limit: limitOf(needed, speeds.slice(WARMUP_ROUNDS)),
        }),
      );
    }
    for (const { peer } of peers) await peer.forget();
    return { measurements, skipped };
  } finally {
    own?.dispose();
    await sgemm.release();
  }
}

interface NamedPeer {
  readonly contender: string;
  readonly peer: StepPeer;
}

interface Subject {
  readonly title: string;
  readonly directory: string;
  readonly data: LabelledBatch;
  readonly own: OwnStep;
}

/** The peers that compute the same loss and gradients; the others are named with the reason. */
async function agreeingPeers(
  subject: Subject,
  context: SuiteContext,
): Promise<{ peers: NamedPeer[]; skipped: Skipped[] }> {
  const work = subject.title;
  const peers: NamedPeer[] = [];
  const skipped: Skipped[] = [];
  const wanted = [
    { contender: "PyTorch", compile: false },
    ...(context.compile ? [{ contender: "PyTorch compiled", compile: true }] : []),
  ];
  context.progress(`${work}  comparing results`);
  const outcome = await subject.own.check("backward");
  for (const { contender, compile } of wanted) {
    try {
      const name = `${work} ${contender}`;
      const { directory, data } = subject;
      const peer = await loadStepPeer(await context.python(), { name, directory, data, compile });
      const reason = disagreement({ ...outcome }, { ...(await peer.check()) });
      if (reason === undefined) peers.push({ contender, peer });
      else skipped.push({ contender, work, reason });
    } catch (error) {
      if (context.signal.aborted) throw error;
      skipped.push({ contender, work, reason: (error as Error).message });
    }
  }
  return { peers, skipped };
}
