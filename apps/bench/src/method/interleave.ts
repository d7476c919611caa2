/** One thing to time. */
export interface Contender {
  readonly name: string;
  /** Runs one round and returns its seconds; what is not part of the work stays outside of them. */
  round(): Promise<number>;
}

/** Seconds of every counted round, by contender. */
export type Timings = ReadonlyMap<string, readonly number[]>;

/**
 * Times contenders in turn, A B C A B C …, so that a machine whose speed drifts is as unfair to one as to the other.
 * @param options.rounds counted rounds, at least 1
 * @param options.warmup rounds before them that are not counted
 * @param options.onRound called before each round, with how many of all have been done
 */
export async function interleave(
  contenders: readonly Contender[],
  options: { rounds: number; warmup: number; onRound?: (done: number, total: number) => void },
): Promise<Timings> {
  const timings = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  const total = options.rounds + options.warmup;
  for (let round = 0; round < total; round++) {
    options.onRound?.(round, total);
    for (const contender of contenders) {
      const seconds = await contender.round();
      if (round >= options.warmup) timings.get(contender.name)?.push(seconds);
    }
  }
  return timings;
}

/** Wall seconds of an async piece of work. */
export async function secondsOf(work: () => Promise<unknown> | unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
