/** What becomes of the parts of a text that match a pattern. */
export type MatchBehavior =
  | "contiguous"
  | "isolated"
  | "mergedWithNext"
  | "mergedWithPrevious"
  | "removed";

/** A part of a text, from `start` to before `end`. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

/**
 * Splits a text at matches.
 * @param matches in order, not overlapping
 * @param behavior removed: only what lies between is kept; isolated: each match is a piece; contiguous: matches that touch are one;
 *   merged: a match is the end of the piece before it or the start of the one after it
 */
export function splitAtMatches(
  text: string,
  matches: Iterable<Match>,
  behavior: MatchBehavior,
): string[] {
  const parts = partsOf(text, matches);
  switch (behavior) {
    case "removed":
      return parts.filter((part) => !part.matched).map((part) => part.text);
    case "isolated":
      return parts.map((part) => part.text);
    case "contiguous":
      return merge(parts, (before, part) => before.matched === part.matched);
    case "mergedWithPrevious":
      return merge(parts, (before, part) => part.matched && !before.matched);
    case "mergedWithNext": {
      // The rule from the end: a match joins what follows, unless that is a match itself.
      const backwards = parts.toReversed();
      return merge(backwards, (after, part) => part.matched && !after.matched, true).reverse();
    }
  }
}

interface Part {
  readonly text: string;
  readonly matched: boolean;
}

function partsOf(text: string, matches: Iterable<Match>): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (const { start, end } of matches) {
    if (done < start) parts.push({ text: text.slice(done, start), matched: false });
    if (start < end) parts.push({ text: text.slice(start, end), matched: true });
    done = end;
  }
  if (done < text.length) parts.push({ text: text.slice(done), matched: false });
  return parts;
}

/** Joins each part to the piece before it where `joins` says so. */
function merge(
  parts: readonly Part[],
  joins: (before: Part, part: Part) => boolean,
  backwards = false,
): string[] {
  const pieces: string[] = [];
  let before: Part | undefined;
  for (const part of parts) {
    const piece = pieces.at(-1);
    if (before !== undefined && piece !== undefined && joins(before, part)) {
      pieces[pieces.length - 1] = backwards ? part.text + piece : piece + part.text;
    } else {
      pieces.push(part.text);
    }
    before = part;
  }
  return pieces;
}
