import { rmSync } from "node:fs";
import { mkdtemp, stat } from "node:fs/promises";
import os from "node:os";
import { dirname, join } from "node:path";
import { startBackend } from "@espalier/backends";
import { writeFileAtomic } from "@espalier/checkpoint";
import { EspalierError } from "@espalier/core";
import type { Output } from "@espalier/terminal";
import { packageVersions, thisMachine } from "./machine.ts";
import { busyShare } from "./method/busy-share.ts";
import { createVenv } from "./peers/create-venv.ts";
import { keepPeer } from "./peers/peer-keeper.ts";
import type { BenchReport, SuiteResult } from "./report/bench-report.ts";
import { disturbance } from "./report/quantities.ts";
import { readReport } from "./report/read-report.ts";
import { renderChanges } from "./report/render-changes.ts";
import { renderHtml } from "./report/render-html.ts";
import { renderTable } from "./report/render-table.ts";
import { expectNoFailures, runSuites } from "./run-suites.ts";
import { suitesNamed } from "./suites/suites.ts";
import { createModelStore } from "./workloads/model-store.ts";
import { readOwnTexts } from "./workloads/read-own-texts.ts";

export interface BenchOptions {
  /** Names separated by commas. */
  readonly suite: string;
  readonly quick: boolean;
  readonly json: string | undefined;
  readonly html: string | undefined;
  readonly compare: string | undefined;
  readonly model: string | undefined;
  readonly texts: string | undefined;
  /** Undefined tries `python3` and does without when it is not fit. */
  readonly python: string | undefined;
  /** A directory that is not there yet: an environment for the peers is made in it. */
  readonly createVenv: string | undefined;
  readonly compile: boolean;
  readonly threads: number;
  /** Undefined: as the suite has it. */
  readonly sentences: number | undefined;
  readonly backend: string;
}

const FULL = { rounds: 9, warmup: 2 };
const QUICK = { rounds: 3, warmup: 1 };
/** Threads of ONNX Runtime and OpenMP spin on for a while after their work. */
const PAUSE_MS = 60;
const BUSY_MS = 300;

/**
 * Runs suites and reports.
 * @throws {EspalierError} for bad options before anything runs; after the report BACKEND_FAILED with what failed, or
 *   BACKEND_UNAVAILABLE when a Python that was asked for is not fit; ABORTED
 */
export async function runBench(
  options: BenchOptions,
  { output, signal }: { output: Output; signal: AbortSignal },
): Promise<void> {
  const suites = suitesNamed(options.suite);
  const before = options.compare === undefined ? undefined : await readReport(options.compare);
  if (options.model !== undefined) await expectDirectory(options.model);
  const texts = options.texts === undefined ? undefined : await readOwnTexts(options.texts);
  for (const path of [options.json, options.html])
    if (path !== undefined) await expectFolderOf(path);
  const { backend, threads, quick } = options;
  const busyBefore = await busyShare(BUSY_MS);
  const disturbed = disturbance(busyBefore);
  if (disturbed !== undefined) output.say(`  careful   ${disturbed}`);
  await startBackend(backend, { threads });
  const peer = keepPeer(await chosenPython(options, { output, signal }), threads);
  const temporaryDirectory = await mkdtemp(join(os.tmpdir(), "espalier-bench-"));
  const stop = (): void => peer.stop();
  signal.addEventListener("abort", stop);
  const removeFiles = (): void => rmSync(temporaryDirectory, { recursive: true, force: true });
  process.once("exit", removeFiles); // a second Ctrl-C does not wait for the round to end
  const date = new Date().toISOString();
  const { rounds, warmup } = quick ? QUICK : FULL;
  const npmVersions: Record<string, string> = {};
  let results: SuiteResult[];
  try {
    const context = {
      ...{ backend, threads, rounds, warmup, quick, texts, temporaryDirectory, signal },
      pauseMs: PAUSE_MS,
      modelDirectory: options.model,
      compile: options.compile,
      sentences: options.sentences,
      models: createModelStore(temporaryDirectory),
      python: () => peer.get(),
      freshPython: () => peer.fresh(),
      recordVersions: (found: object) => void Object.assign(npmVersions, found),
    };
    results = await runSuites(suites, context, output);
  } finally {
    output.endProgress();
    signal.removeEventListener("abort", stop);
    peer.stop();
    removeFiles();
    process.off("exit", removeFiles);
  }
  const report: BenchReport = {
    schema: 1,
    date,
    quick,
    rounds,
    threads,
    backend,
    machine: thisMachine(),
    busyShare: Math.max(busyBefore, await busyShare(BUSY_MS)),
    versions: { ...packageVersions(), ...npmVersions, ...peer.versions() },
    suites: results,
  };
  for (const line of renderTable(report)) output.result(line);
  if (before !== undefined) for (const line of renderChanges(before, report)) output.result(line);
  await write(options.json, `${JSON.stringify(report, null, 2)}\n`, output);
  await write(options.html, renderHtml(report), output);
  expectNoFailures(results);
  const failure = peer.failure();
  if (failure === undefined) return;
  if (options.python !== undefined || options.createVenv !== undefined)
    throw new EspalierError("BACKEND_UNAVAILABLE", failure.message, { cause: failure });
  output.say("  peers     without Python's; --create-venv DIR makes an environment for them");
}

async function chosenPython(
  { python = "python3", createVenv: directory }: BenchOptions,
  { output, signal }: { output: Output; signal: AbortSignal },
): Promise<string> {
  if (directory === undefined) return python;
  try {
    const progress = (line: string): void => output.progress(`  ${line}`);
    return await createVenv(directory, { python, signal, progress });
  } finally {
    output.endProgress();
  }
}

async function write(path: string | undefined, text: string, output: Output): Promise<void> {
  if (path === undefined) return;
  await writeFileAtomic(path, text);
  output.say(`  wrote     ${path}`);
}

/** Known before minutes of work are lost. */
async function expectFolderOf(path: string): Promise<void> {
  const folder = dirname(path);
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw new EspalierError("FILE_NOT_FOUND", `${path}: there is no directory ${folder}`);
}

async function expectDirectory(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory())
    throw new EspalierError("FILE_NOT_FOUND", `--model ${path}: no such model directory`);
}
