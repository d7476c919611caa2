import { createSgemm, type Sgemm } from "../limit/sgemm.ts";
import { secondsOf } from "../method/interleave.ts";
import { openStepPeers } from "../peers/open-step-peers.ts";
import type { NamedStepPeer } from "../peers/step-peer.ts";
import type { Curve } from "../report/bench-report.ts";
import { labelledBatch } from "../workloads/labelled-batch.ts";
import { FORWARD_AND_BACKWARD, flops, neededProducts } from "../workloads/matrix-products.ts";
import { createOwnStep, type OwnStep, type StepPart } from "../workloads/own-step.ts";
import type { TrunkShape } from "../workloads/trunk-shape.ts";
import { type Findings, together } from "./findings.ts";
import type { Suite, SuiteContext } from "./suite.ts";
import { timeWork } from "./time-work.ts";

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
  return {
    ...about,
    async run(context) {
      const found: Findings[] = [];
      for (const subject of subjects(context.quick))
        found.push(await timeSubject(subject, context));
      return together(found);
    },
  };
}

const PARTS = {
  forward: "forward",
  backward: "forward + backward",
  full: "full step",
} as const satisfies Record<StepPart, string>;

async function timeSubject(subject: StepSubject, context: SuiteContext): Promise<Findings> {
  const { shape, dropout = 0 } = subject;
  const title = dropout === 0 ? shape.name : `${shape.name}, dropout ${dropout},`;
  context.progress(`${title}  preparing`);
  const data = labelledBatch(shape, 1);
  const load = async (rate: number): Promise<OwnStep> =>
    createOwnStep(await context.models.directoryOf(shape, { dropout: rate }), data);
  const sgemm = await createSgemm(neededProducts(shape).dense, context.threads);
  let own: OwnStep | undefined;
  try {
    own = await load(0);
    context.progress(`${title}  comparing results`);
    const directory = await context.models.directoryOf(shape, { dropout: 0 });
    const outcome = await own.check("backward");
    const { peers, skipped } = await openStepPeers({ title, directory, data, outcome }, context);
    if (dropout > 0) {
      own.dispose();
      own = await load(dropout);
      for (const { peer } of peers) await peer.setDropout(dropout);
    }
    const found = await timeParts(subject, { title, own, peers, sgemm }, context);
    for (const { peer } of peers) await peer.forget();
    return together([{ measurements: [], skipped }, found]);
  } finally {
    own?.dispose();
    await sgemm.release();
  }
}

interface Contest {
  readonly title: string;
  readonly own: OwnStep;
  readonly peers: readonly NamedStepPeer[];
  readonly sgemm: Sgemm;
}

async function timeParts(
  { shape, parts, curve }: StepSubject,
  { title, own, peers, sgemm }: Contest,
  context: SuiteContext,
): Promise<Findings> {
  const { dense, attention } = neededProducts(shape);
  const forward = flops([...dense, ...attention]);
  const found: Findings[] = [];
  for (const part of parts)
    found.push(
      await timeWork(
        {
          work: `${title} ${PARTS[part]}`,
          quantity: "seconds",
          ...(curve === undefined ? {} : { curve }),
          contenders: [
            { name: "espalier", round: () => secondsOf(() => own.run(part)) },
            ...peers.map(({ name, peer }) => ({ name, round: () => peer.step(part) })),
          ],
          items: { count: shape.batch, unit: "sentences" },
          limit: { sgemm, flops: part === "forward" ? forward : forward * FORWARD_AND_BACKWARD },
        },
        context,
      ),
    );
  return together(found);
}
