/**
 * Finds where a program that reads nothing for long may run in pieces: a training loop records the same operations again and again,
 * and one graph of a few steps, compiled once, is better than one of hundreds. Nothing but when graphs run depends on it.
 */
export interface LaunchRhythm {
  /**
   * @param signature of the operation that is recorded now
   * @param pending how many held values have to be computed yet, before it
   * @returns whether what was recorded should run before the next operation
   */
  noted(signature: number, pending: number): boolean;
  /** Everything that was noted runs, for whatever reason. */
  launched(): void;
}

/** Operations that are worth a graph; MiniLM's training step has some 500. */
const ENOUGH = 1024;

/** After so many operations without a launch, and after twice as many again, a rhythm is looked for. */
const FIRST_SEARCH = 2048;

/**
 * How many values an operation may leave behind. A step frees all but what it changes and a loss; the turns of a recurrent network
 * save most of their results for the gradients, and cutting there would only cost memory.
 */
const MAX_KEPT_SHARE = 1 / 8;

export function createLaunchRhythm(): LaunchRhythm {
  /** Since the last launch. */
  let signatures: number[] = [];
  let pendings: number[] = [];
  let search = FIRST_SEARCH;
  /** One turn of the loop, from where it is cut. */
  let turn: readonly number[] | undefined;
  /** How far the program has come in it; undefined when it does something else. */
  let place: number | undefined;

  return {
    noted(signature, pending) {
      signatures.push(signature);
      pendings.push(pending);
      if (turn !== undefined && place !== undefined) {
        place = turn[place] === signature ? (place + 1) % turn.length : undefined;
      }
      if (place === undefined && signatures.length === search) {
        search *= 2;
        const found = findTurn(signatures, pendings);
        turn = found?.turn ?? turn;
        place = found?.place;
      }
      return place === 0 && signatures.length >= ENOUGH;
    },
    launched() {
      signatures = [];
      pendings = [];
      search = FIRST_SEARCH;
      place = turn === undefined ? undefined : 0;
    },
  };
}

/** The turn that the later half repeats, cut where the fewest values are pending. */
function findTurn(
  signatures: readonly number[],
  pendings: readonly number[],
): { turn: readonly number[]; place: number } | undefined {
  const count = signatures.length;
  const recent = signatures.slice(count >> 1);
  const length = periodOf(recent);
  if (2 * length > recent.length) return undefined;
  const pendingAt = (at: number): number => pendings[at] as number;
  const kept = pendingAt(count - 1) - pendingAt(count - 1 - length);
  if (kept > length * MAX_KEPT_SHARE) return undefined;
  let cut = count - length;
  for (let at = cut; at < count; at++) if (pendingAt(at) < pendingAt(cut)) cut = at;
  return { turn: signatures.slice(cut - length, cut), place: (count - cut) % length };
}

/** The smallest distance at which a sequence repeats itself (Knuth, Morris, Pratt 1977); its length if it does not. */
function periodOf(sequence: readonly number[]): number {
  /** For each beginning of the sequence, the longest shorter beginning that it also ends with. */
  const borders = new Int32Array(sequence.length);
  let border = 0;
  for (let i = 1; i < sequence.length; i++) {
    while (border > 0 && sequence[i] !== sequence[border]) border = borders[border - 1] as number;
    if (sequence[i] === sequence[border]) border++;
    borders[i] = border;
  }
  return sequence.length - border;
}
