import { EspalierError } from "@espalier/core";
import type { Output } from "@espalier/terminal";
import { expectNotAborted } from "./method/interleave.ts";
import { skippedFor } from "./peers/or-skipped.ts";
import type { SuiteResult } from "./report/bench-report.ts";
import { expectMemory } from "./suites/expect-memory.ts";
import type { Findings } from "./suites/findings.ts";
import type { Suite, SuiteContext } from "./suites/suite.ts";

/**
 * Runs suites one after the other. One that fails, or lacks memory, is named with the reason and the rest goes on.
 * @param context all but what names the suite
 * @throws {EspalierError} ABORTED
 */
export async function runSuites(
  suites: readonly Suite[],
  context: Omit<SuiteContext, "progress">,
  output: Output,
): Promise<SuiteResult[]> {
  const results: SuiteResult[] = [];
  for (const suite of suites) {
    expectNotAborted(context.signal);
    const { name } = suite;
    const progress = (line: string): void => output.progress(`  ${name}  ${line}`);
    const start = performance.now();
    const found = await findings(suite, { ...context, progress });
    const seconds = (performance.now() - start) / 1000;
    output.say(`  ${name.padEnd(WIDTH)}${seconds.toFixed(0)} s`);
    results.push({ suite: name, seconds, ...found });
  }
  return results;
}

const WIDTH = 12;

async function findings(suite: Suite, context: SuiteContext): Promise<Findings> {
  try {
    expectMemory(suite, { quick: context.quick, available: process.availableMemory() });
    return await suite.run(context);
  } catch (error) {
    expectNotAborted(context.signal);
    const part = { contender: "espalier", work: suite.name };
    return { measurements: [], skipped: [skippedFor(part, error)] };
  }
}

/**
 * Says what did not take part although it should have.
 * @throws {EspalierError} BACKEND_FAILED with a line for each
 */
export function expectNoFailures(results: readonly SuiteResult[]): void {
  const lines = results.flatMap(({ suite, skipped }) =>
    skipped
      .filter(({ failed }) => failed)
      .map(({ contender, work, reason }) => `${suite}: ${contender}, ${work}: ${reason}`),
  );
  if (lines.length > 0) throw new EspalierError("BACKEND_FAILED", lines.join("\n"));
}
