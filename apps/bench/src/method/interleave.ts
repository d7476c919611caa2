import { setTimeout as pause } from "node:timers/promises";
import { EspalierError } from "@espalier/core";

/** One thing to time. */
export interface Contender {
  readonly name: string;
  /** Runs one round and returns its seconds; what is not part of the work stays outside of them. */
  round(): Promise<number>;
}

export interface InterleaveOptions {
  /** Counted rounds, at least 1. */
  readonly rounds: number;
  /** Rounds before them that are not counted. */
  readonly warmup: number;
  /** Quiet time before each contender, in which threads of the one before stop spinning. Default 0. */
  readonly pauseMs?: number;
  readonly signal?: AbortSignal;
  /** Called before each round, with how many of all have been done. */
  readonly onRound?: (done: number, total: number) => void;
}

export interface Interleaved {
  /** Seconds of every counted round, by contender; one that failed is not there. */
  readonly timings: ReadonlyMap<string, readonly number[]>;
  /** What a contender threw, by its name; the others went on without it. */
  readonly failures: ReadonlyMap<string, unknown>;
}

/**
 * Times contenders in turn, A B C A B C …, so that a machine whose speed drifts is as unfair to one as to the other.
 * @param contenders the first is the program's own work: when it fails, everything fails
 * @throws {EspalierError} ABORTED when cancelled; what the first contender throws
 */
export async function interleave(
  contenders: readonly Contender[],
  options: InterleaveOptions,
): Promise<Interleaved> {
  const { rounds, warmup, pauseMs = 0, signal, onRound } = options;
  const timings = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  const failures = new Map<string, unknown>();
  for (let round = 0; round < rounds + warmup; round++) {
    onRound?.(round, rounds + warmup);
    for (const [place, contender] of contenders.entries()) {
      if (failures.has(contender.name)) continue;
      await pause(pauseMs);
      try {
        const seconds = await contender.round();
        if (round >= warmup) timings.get(contender.name)?.push(seconds);
      } catch (error) {
        expectNotAborted(signal);
        if (place === 0) throw error;
        failures.set(contender.name, error);
        timings.delete(contender.name);
      }
      expectNotAborted(signal);
    }
  }
  return { timings, failures };
}

/** @throws {EspalierError} ABORTED when the signal says so */
export function expectNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new EspalierError("ABORTED", "stopped; nothing was written", { cause: signal.reason });
}

/** Wall seconds of an async piece of work. */
export async function secondsOf(work: () => Promise<unknown> | unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
