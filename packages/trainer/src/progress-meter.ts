/** Speed and time left of work that is done in pieces. */
export interface ProgressMeter {
  /** Counts finished work, such as the sentences of a step. @param now milliseconds of a clock that never goes back */
  add(units: number, now: number): void;
  /** Leaves out time that went by with other work, such as an evaluation. */
  skip(milliseconds: number): void;
  /** Units a second over the recent pieces; undefined before the first. */
  readonly unitsPerSecond: number | undefined;
  /** Seconds until `total` units are done at this speed; undefined before the first piece. */
  etaSeconds(total: number): number | undefined;
}

/** How far back the speed looks: long enough to be calm, short enough to follow a change of phase. */
const WINDOW_MS = 10_000;
/** The first piece compiles graphs and touches fresh memory; it says little about the others. */
const WARM_UP_PIECES = 1;

/** @param startedMs when the work started, on the clock of `add` */
export function startProgressMeter(startedMs: number): ProgressMeter {
  const marks: { atMs: number; units: number }[] = [{ atMs: startedMs, units: 0 }];
  let units = 0;
  let pieces = 0;
  const speed = (): number | undefined => {
    const first = marks[0];
    const last = marks.at(-1);
    if (first === undefined || last === undefined || last === first) return undefined;
    const seconds = (last.atMs - first.atMs) / 1000;
    return seconds > 0 ? (last.units - first.units) / seconds : undefined;
  };
  return {
    add(added, now) {
      units += added;
      pieces++;
      marks.push({ atMs: now, units });
      if (pieces === WARM_UP_PIECES + 1 && marks.length > 2) marks.shift();
      while (marks.length > 2 && now - (marks[1]?.atMs ?? now) > WINDOW_MS) marks.shift();
    },
    skip(milliseconds) {
      for (const mark of marks) mark.atMs += milliseconds;
    },
    get unitsPerSecond() {
      return speed();
    },
    etaSeconds(total) {
      const perSecond = speed();
      return perSecond === undefined || perSecond === 0
        ? undefined
        : Math.max(0, total - units) / perSecond;
    },
  };
}
