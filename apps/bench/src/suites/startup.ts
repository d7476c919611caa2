import { join } from "node:path";
import { interleave, secondsOf } from "../method/interleave.ts";
import { runProbe } from "../peers/run-probe.ts";
import type { Measurement, Skipped } from "../report/bench-report.ts";
import { measurement } from "../report/measurement.ts";
import { SMALL_SHAPE } from "../workloads/trunk-shape.ts";
import { writeModel } from "../workloads/write-model.ts";
import type { Suite, SuiteContext } from "./suite.ts";

const PEER = "sentence-transformers";
const TEXT = "the service was good";

/** From the start of a process to its first vector. */
export function startup(): Suite {
  return {
    name: "startup",
    summary: "from the start of a process to its first vector",
    async run(context) {
      const directory = join(context.temporaryDirectory, "startup");
      await writeModel(directory, SMALL_SHAPE);
      const measurements: Measurement[] = [];
      const skipped: Skipped[] = [];
      for (const [name, source] of [
        ["use-lite", "use-lite"],
        ["2 layers × 256", directory],
      ] as const) {
        const work = `${name} first vector`;
        const { backend, threads, signal } = context;
        const own = { backend, threads, task: { do: "encode", source, text: TEXT } } as const;
        const { timings, failures } = await interleave(
          [
            { name: "espalier", round: () => secondsOf(() => runProbe(own, signal)) },
            ...(source === directory
              ? [{ name: PEER, round: () => secondsOf(() => firstVector(directory, context)) }]
              : []),
          ],
          {
            rounds: context.rounds,
            warmup: context.quick ? 0 : 1,
            pauseMs: context.pauseMs,
            signal,
            onRound: (done, total) =>
              context.progress(`startup  ${work}  round ${done + 1} of ${total}`),
          },
        );
        for (const [contender, reason] of failures) skipped.push({ contender, work, reason });
        measurements.push(measurement({ work, quantity: "seconds", values: timings }));
      }
      return { measurements, skipped };
    },
  };
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
