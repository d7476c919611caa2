import { join } from "node:path";
import { loadTokenizer } from "@espalier/tokenizer";
import { interleave, secondsOf } from "../method/interleave.ts";
import { vectorDisagreement } from "../peers/agreement.ts";
import type { PeerProcess } from "../peers/peer-process.ts";
import type { Skipped } from "../report/bench-report.ts";
import { measurement } from "../report/measurement.ts";
import { sentences } from "../workloads/sentences.ts";
import { SMALL_SHAPE } from "../workloads/trunk-shape.ts";
import { writeModel } from "../workloads/write-model.ts";
import type { Suite, SuiteContext } from "./suite.ts";

const PEER = "tokenizers (Rust)";
const NAME = "tokenize";
const WORK = "word pieces";
const SENTENCES = 4096;
const QUICK_SENTENCES = 1024;
const WARMUP_ROUNDS = 2;
const FIRST_SEED = 4;

/** Texts to token ids, against the tokenizers that Python's transformers use. */
export function tokenize(): Suite {
  return {
    name: NAME,
    summary: "texts to token ids",
    async run(context) {
      const directory = context.modelDirectory ?? join(context.temporaryDirectory, NAME);
      if (context.modelDirectory === undefined) await writeModel(directory, SMALL_SHAPE);
      const count = context.quick ? QUICK_SENTENCES : SENTENCES;
      const textsOf = (round: number): string[] =>
        sentences({ count, words: [4, 40], seed: FIRST_SEED + round, rareShare: 0.1 });
      // New texts in every round: what a tokenizer remembers of the last one is no part of the work.
      const perRound = Array.from({ length: WARMUP_ROUNDS + context.rounds }, (_, i) => textsOf(i));
      const tokenizer = await loadTokenizer(directory);
      const texts = textsOf(perRound.length);
      const own = texts.map((text) => [...tokenizer.encode(text).ids]);
      const { peer, skipped } = await agreeingPeer({ directory, texts, own }, context);
      let current: readonly string[] = [];
      const { timings, failures } = await interleave(
        [
          {
            name: "espalier",
            round: () =>
              secondsOf(() => {
                for (const text of current) tokenizer.encode(text);
              }),
          },
          ...(peer === undefined ? [] : [{ name: PEER, round: () => peer(current) }]),
        ],
        {
          rounds: context.rounds,
          warmup: WARMUP_ROUNDS,
          pauseMs: context.pauseMs,
          signal: context.signal,
          onRound: (done, total) => {
            current = perRound[done] as string[];
            context.progress(`${NAME}  ${WORK}  round ${done + 1} of ${total}`);
          },
        },
      );
      for (const [contender, reason] of failures) skipped.push({ contender, work: WORK, reason });
      const items = { count, unit: "sentences" };
      return {
        measurements: [measurement({ work: WORK, quantity: "seconds", values: timings, items })],
        skipped,
      };
    },
  };
}

interface Answer {
  readonly seconds: number;
  /** Ids of the first texts. */
  readonly sample: readonly (readonly number[])[];
}

async function agreeingPeer(
  work: { directory: string; texts: readonly string[]; own: readonly (readonly number[])[] },
  context: SuiteContext,
): Promise<{
  peer: ((texts: readonly string[]) => Promise<number>) | undefined;
  skipped: Skipped[];
}> {
  const { directory, texts, own } = work;
  const skip = (reason: string): { peer: undefined; skipped: Skipped[] } => ({
    peer: undefined,
    skipped: [{ contender: PEER, work: WORK, reason }],
  });
  try {
    const python: PeerProcess = await context.python();
    await python.request("sentence_transformer", { name: NAME, directory });
    const ask = (some: readonly string[]): Promise<Answer> =>
      python.request("tokenize", { name: NAME, texts: some });
    const { sample } = await ask(texts);
    const reason = vectorDisagreement(own.slice(0, sample.length), sample);
    if (reason !== undefined) return skip(reason);
    return { peer: async (some) => (await ask(some)).seconds, skipped: [] };
  } catch (error) {
    if (context.signal.aborted) throw error;
    return skip((error as Error).message);
  }
}
