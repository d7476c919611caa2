import { loadTokenizer, type Tokenizer } from "@espalier/tokenizer";
import { secondsOf } from "../method/interleave.ts";
import { expectSameVectors } from "../peers/agreement.ts";
import { orSkipped } from "../peers/or-skipped.ts";
import { sentences } from "../workloads/sentences.ts";
import { SMALL_SHAPE } from "../workloads/trunk-shape.ts";
import type { Suite, SuiteContext } from "./suite.ts";
import { timeWork } from "./time-work.ts";

const PEER = "tokenizers (Rust)";
const NAME = "tokenize";
const WORK = "word pieces";
const SENTENCES = { full: 4096, quick: 1024 };
const FIRST_SEED = 4;

/** Texts to token ids, against the tokenizers that Python's transformers use. */
export function tokenize(): Suite {
  return {
    name: NAME,
    summary: "texts to token ids",
    async run(context) {
      const { modelDirectory, models, rounds, warmup, quick } = context;
      const directory = modelDirectory ?? (await models.directoryOf(SMALL_SHAPE));
      const count = quick ? SENTENCES.quick : SENTENCES.full;
      const textsOf = (round: number): string[] =>
        sentences({ count, words: [4, 40], seed: FIRST_SEED + round, rareShare: 0.1 });
      // New texts in every round: what a tokenizer remembers of the last one is no part of the work.
      const perRound = Array.from({ length: warmup + rounds }, (_, i) => textsOf(i));
      const tokenizer = await loadTokenizer(directory);
      const { opened, skipped } = await orSkipped(
        { contender: PEER, work: WORK },
        context.signal,
        () => agreeingPeer(tokenizer, { directory, texts: textsOf(perRound.length) }, context),
      );
      let current: readonly string[] = [];
      return timeWork(
        {
          work: WORK,
          quantity: "seconds",
          contenders: [
            { name: "espalier", round: () => secondsOf(() => encodeAll(tokenizer, current)) },
            ...opened.map((peer) => ({ name: PEER, round: () => peer(current) })),
          ],
          skipped,
          items: { count, unit: "sentences" },
          beforeRound: (round) => {
            current = perRound[round] as string[];
          },
        },
        context,
      );
    },
  };
}

function encodeAll(tokenizer: Tokenizer, texts: readonly string[]): void {
  for (const text of texts) tokenizer.encode(text);
}

interface Answer {
  readonly seconds: number;
  /** Ids of the first texts. */
  readonly sample: readonly (readonly number[])[];
}

/** @returns what tokenizes texts and says in how many seconds */
async function agreeingPeer(
  tokenizer: Tokenizer,
  { directory, texts }: { directory: string; texts: readonly string[] },
  context: SuiteContext,
): Promise<(texts: readonly string[]) => Promise<number>> {
  const python = await context.python();
  await python.request("sentence_transformer", { name: NAME, directory });
  const ask = (some: readonly string[]): Promise<Answer> =>
    python.request("tokenize", { name: NAME, texts: some });
  const { sample } = await ask(texts);
  expectSameVectors(
    texts.slice(0, sample.length).map((text) => [...tokenizer.encode(text).ids]),
    sample,
  );
  return async (some) => (await ask(some)).seconds;
}
