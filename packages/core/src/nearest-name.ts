import { distance } from "fastest-levenshtein";

/**
 * The valid name a mistyped one most likely meant, for "did you mean".
 * @returns the candidate within a third of the name's length (at least 2 edits), or undefined
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: { candidate: string; edits: number } | undefined;
  for (const candidate of candidates) {
    const edits = distance(name.toLowerCase(), candidate.toLowerCase());
    if (best === undefined || edits < best.edits) best = { candidate, edits };
  }
  const allowed = Math.max(2, Math.ceil(name.length / 3));
  return best !== undefined && best.edits <= allowed ? best.candidate : undefined;
}

/** ` (did you mean "x"?)` for the end of an error message, or an empty string. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? "" : ` (did you mean "${nearest}"?)`;
}
