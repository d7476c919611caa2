import { EspalierError } from "@espalier/core";
import { type EncodeWork, someOf } from "../workloads/encode-work.ts";
import { expectSameVectors } from "./agreement.ts";
import type { EncodePeer, EncodeSetting } from "./encode-peer.ts";

/** Texts on which a peer's best setting is looked for. */
const TRIAL_TEXTS = 256;
/** A peer that needs so many seconds a round, and so many times ours, is not timed any further. */
const LONGEST_ROUND = { seconds: 60, timesOurs: 5 };

/** Our side of a comparison. */
export interface OwnEncoder {
  /** @returns a row for each text */
  vectors(texts: readonly string[]): Promise<Float32Array[]>;
  /** Seconds for the work. */
  seconds(work: EncodeWork): Promise<number>;
}

/**
 * The fastest setting of a peer on some of the texts.
 * @throws {EspalierError} BACKEND_FAILED when its vectors differ; UNSUPPORTED when it is far too slow
 */
export async function bestSetting(
  peer: EncodePeer,
  work: EncodeWork,
  own: OwnEncoder,
): Promise<EncodeSetting> {
  const trial = { ...work, texts: someOf(work.texts, TRIAL_TEXTS) };
  let [best] = peer.settings as readonly [EncodeSetting];
  const { sample, seconds } = await peer.encode(trial, best);
  const rows = await own.vectors(trial.texts.slice(0, sample.length));
  expectSameVectors(
    sample.map(({ length }, row) => [...(rows[row] as Float32Array).subarray(0, length)]),
    sample,
  );
  if (work.oneAtATime) return best;
  let least = seconds;
  if (peer.settings.length > 1) {
    least = Number.POSITIVE_INFINITY; // the first use was a warm-up
    for (const setting of peer.settings) {
      const { seconds } = await peer.encode(trial, setting);
      if (seconds < least) [best, least] = [setting, seconds];
    }
  }
  const wholeRound = (least * work.texts.length) / trial.texts.length;
  if (wholeRound > LONGEST_ROUND.seconds) {
    const ours = await own.seconds(trial);
    if (least > LONGEST_ROUND.timesOurs * ours)
      throw new EspalierError(
        "UNSUPPORTED",
        `too slow to be timed: ${least.toFixed(1)} s for ${trial.texts.length} of the texts, ours ${ours.toFixed(1)} s`,
      );
  }
  return best;
}
