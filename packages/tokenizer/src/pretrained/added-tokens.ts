import type { Normalize } from "../normalizers/normalizer.ts";

/** A token that is found in the text itself, before the model sees it: `[MASK]`, `</s>`, … */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Only where no word character is next to it. */
  readonly singleWord: boolean;
  /** Takes the white space before it. */
  readonly lstrip: boolean;
  /** Takes the white space after it. */
  readonly rstrip: boolean;
  /** Is looked for in the normalised text. */
  readonly normalized: boolean;
}

/** A part of a text: an added token, or text (normalised) between them. */
export type Segment =
  | { readonly token: number }
  | { readonly text: string; readonly atStart: boolean };

/**
 * Splits texts at added tokens: first at those that are looked for in the text as it is, then normalises what lies between
 * and splits it at the others. The leftmost token wins, of several there the longest.
 */
export function splitAtAddedTokens(
  tokens: readonly AddedToken[],
  normalize: Normalize,
): (text: string) => Segment[] {
  const raw = tokenFinder(tokens.filter((token) => !token.normalized));
  const normalized = tokenFinder(
    tokens
      .filter((token) => token.normalized)
      .map((token) => ({ ...token, content: normalize(token.content) })),
  );
  return (text) => {
    const segments: Segment[] = [];
    for (const part of raw(text)) {
      if ("token" in part) segments.push(part);
      else {
        for (const inner of normalized(normalize(part.text))) {
          if ("token" in inner) segments.push(inner);
          else {
            const atStart = part.atStart && inner.atStart && keepsStart(part.text, normalize);
            segments.push({ text: inner.text, atStart });
          }
        }
      }
    }
    return segments;
  };
}

/** Whether the first code point is there after normalisation; if not, what remains does not count as the start of the text. */
function keepsStart(text: string, normalize: Normalize): boolean {
  if (/^[!-~]/.test(text)) return true;
  return normalize(String.fromCodePoint(text.codePointAt(0) as number)) !== "";
}

function tokenFinder(tokens: readonly AddedToken[]): (text: string) => Segment[] {
  const byContent = new Map<string, AddedToken>();
  for (const token of tokens) if (token.content !== "") byContent.set(token.content, token);
  if (byContent.size === 0) {
    return (text) => (text === "" ? [] : [{ text, atStart: true }]);
  }
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escaped).join("|"), "g");
  return (text) => {
    const segments: Segment[] = [];
    let done = 0;
    for (const match of text.matchAll(pattern)) {
      const token = byContent.get(match[0]) as AddedToken;
      const place = { start: match.index, end: match.index + match[0].length };
      if (token.singleWord && !standsAlone(text, place)) continue;
      if (token.lstrip) place.start = Math.max(spacesBefore(text, place.start), done);
      if (token.rstrip) place.end = spacesAfter(text, place.end);
      if (done < place.start) {
        segments.push({ text: text.slice(done, place.start), atStart: done === 0 });
      }
      segments.push({ token: token.id });
      done = place.end;
    }
    if (done < text.length) segments.push({ text: text.slice(done), atStart: done === 0 });
    return segments;
  };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

const WORD_AT_START = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const WORD_AT_END = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const SPACE = /\p{White_Space}/u;

function standsAlone(text: string, place: { start: number; end: number }): boolean {
  const before = text.slice(Math.max(0, place.start - 2), place.start);
  const after = text.slice(place.end, place.end + 2);
  return !WORD_AT_END.test(before) && !WORD_AT_START.test(after);
}

function spacesBefore(text: string, at: number): number {
  let start = at;
  while (start > 0 && SPACE.test(text[start - 1] as string)) start--;
  return start;
}

function spacesAfter(text: string, at: number): number {
  let end = at;
  while (end < text.length && SPACE.test(text[end] as string)) end++;
  return end;
}
