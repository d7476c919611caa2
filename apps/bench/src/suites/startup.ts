import { type Contender, secondsOf } from "../method/interleave.ts";
import { runProbe } from "../peers/run-probe.ts";
import { SMALL_SHAPE } from "../workloads/trunk-shape.ts";
import { type Findings, together } from "./findings.ts";
import type { Suite, SuiteContext } from "./suite.ts";
import { timeWork } from "./time-work.ts";

const PEER = "sentence-transformers";
const TEXT = "the service was good";
/** A peer takes ten seconds and more to start. */
const ROUNDS = { full: 7, quick: 1 };

/** From the start of a process to its first vector. */
export function startup(): Suite {
  return {
    name: "startup",
    summary: "from the start of a process to its first vector",
    async run(context) {
      const { models, rounds, quick } = context;
      const directory = await models.directoryOf(SMALL_SHAPE);
      const peer = { name: PEER, round: () => secondsOf(() => firstVector(directory, context)) };
      return together([
        await timeStart({ name: "use-lite", source: "use-lite", rounds, peers: [] }, context),
        await timeStart(
          {
            name: "2 layers × 256",
            source: directory,
            rounds: quick ? ROUNDS.quick : ROUNDS.full,
            peers: [peer],
          },
          context,
        ),
      ]);
    },
  };
}

interface Start {
  readonly name: string;
  /** Model directory or `use-lite`. */
  readonly source: string;
  readonly rounds: number;
  readonly peers: readonly Contender[];
}

function timeStart(
  { name, source, rounds, peers }: Start,
  context: SuiteContext,
): Promise<Findings> {
  const { backend, threads, signal, quick } = context;
  const own = { backend, threads, task: { do: "encode", source, text: TEXT } } as const;
  const round = (): Promise<number> => secondsOf(() => runProbe(own, signal));
  return timeWork(
    {
      work: `${name} first vector`,
      quantity: "seconds",
      contenders: [{ name: "espalier", round }, ...peers],
      rounds,
      warmup: quick ? 0 : 1,
    },
    context,
  );
}

async function firstVector(directory: string, context: SuiteContext): Promise<void> {
  const python = await context.freshPython();
  try {
    await python.request("sentence_transformer", { name: "startup", directory });
    await python.request("encode", { name: "startup", texts: [TEXT], batchSize: 1 });
  } finally {
    python.stop();
  }
}
