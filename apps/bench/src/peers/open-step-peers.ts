import type { Skipped } from "../report/bench-report.ts";
import type { SuiteContext } from "../suites/suite.ts";
import type { LabelledBatch } from "../workloads/labelled-batch.ts";
import type { StepOutcome } from "../workloads/own-step.ts";
import { expectAgreement } from "./agreement.ts";
import { orSkipped } from "./or-skipped.ts";
import { loadStepPeer, type NamedStepPeer } from "./step-peer.ts";
import { torchContenders } from "./torch-contenders.ts";

/** A model, its batch, and what we computed with them. */
export interface StepWork {
  readonly title: string;
  readonly directory: string;
  readonly data: LabelledBatch;
  readonly outcome: StepOutcome;
}

/** The peers that compute the same loss and gradients; the others are named with the reason. */
export async function openStepPeers(
  { title, directory, data, outcome }: StepWork,
  context: SuiteContext,
): Promise<{ peers: NamedStepPeer[]; skipped: Skipped[] }> {
  const peers: NamedStepPeer[] = [];
  const skipped: Skipped[] = [];
  for (const { contender, compile } of torchContenders(context)) {
    const found = await orSkipped({ contender, work: title }, context.signal, async () => {
      const name = `${title} ${contender}`;
      const peer = await loadStepPeer(await context.python(), { name, directory, data, compile });
      expectAgreement({ ...outcome }, { ...(await peer.check()) });
      return { name: contender, peer };
    });
    peers.push(...found.opened);
    skipped.push(...found.skipped);
  }
  return { peers, skipped };
}
