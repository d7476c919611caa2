import type { PieceTrie } from "./piece-trie.ts";

export interface Lattice {
  readonly trie: PieceTrie;
  /** Log probability by id. */
  readonly scores: ArrayLike<number>;
  /** Id of a code point without a piece. */
  readonly unknownId: number;
  readonly unknownScore: number;
  /**
   * When a code point counts as unknown: where no piece of just this code point starts (SentencePiece), or only where no
   * piece starts at all (Universal Sentence Encoder).
   */
  readonly unknownWhere: "no-single" | "no-piece";
  /** Which of two paths with the same score wins: the one whose last piece starts first, or last. */
  readonly ties: "first" | "last";
}

export interface PathStep {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The most likely segmentation of a text under a unigram model (Viterbi; Kudo, 2018): time and memory grow with the length of
 * the text.
 * @returns the pieces from the last to the first
 */
export function bestPath(text: string, lattice: Lattice): PathStep[] {
  const { trie, scores, unknownId, unknownScore, unknownWhere, ties } = lattice;
  const best = new Float64Array(text.length + 1);
  const cameFrom = new Int32Array(text.length + 1).fill(-1);
  const idAt = new Int32Array(text.length + 1);
  let start = 0;
  const reach = (end: number, id: number, score: number): void => {
    const known = best[end] as number;
    // In the "last" scheme a best score of exactly 0 counts as none at all, as its reference has it.
    const open = (cameFrom[end] as number) < 0 || (ties === "last" && known === 0);
    if (!open && (ties === "first" ? score <= known : score < known)) return;
    best[end] = score;
    cameFrom[end] = start;
    idAt[end] = id;
  };
  for (; start < text.length; start++) {
    if (start > 0 && (cameFrom[start] as number) < 0) continue;
    const single = start + ((text.codePointAt(start) as number) > 0xffff ? 2 : 1);
    const scoreHere = best[start] as number;
    let covered = false;
    trie.matches(text, start, (id, end) => {
      covered ||= unknownWhere === "no-piece" || end === single;
      reach(end, id, (scores[id] as number) + scoreHere);
    });
    if (!covered) reach(single, unknownId, unknownScore + scoreHere);
  }
  const steps: PathStep[] = [];
  for (let end = text.length; end > 0; ) {
    const from = cameFrom[end] as number;
    steps.push({ id: idAt[end] as number, start: from, end });
    end = from;
  }
  return steps;
}
