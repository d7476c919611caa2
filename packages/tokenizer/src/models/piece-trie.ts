/** Finds all pieces of a vocabulary that start at a place of a text. */
export interface PieceTrie {
  /** @param found called for every piece, shortest first, with the place after it */
  matches(text: string, start: number, found: (id: number, end: number) => void): void;
}

interface Level {
  readonly node: number;
  /** Range of the sorted pieces below the node, and how many UTF-16 units they share. */
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

const NONE = -1;

/**
 * A trie over UTF-16 units in flat arrays: the children of a node lie side by side, sorted, so that a quarter of a million
 * pieces take a few megabytes.
 * @param pieces of several equal ones the last counts; empty ones are left out
 */
export function pieceTrie(pieces: Iterable<readonly [piece: string, id: number]>): PieceTrie {
  const unique = new Map(pieces);
  unique.delete("");
  const sorted = [...unique.keys()].sort(byUnits);
  const size = 1 + sorted.reduce((sum, piece) => sum + piece.length, 0);
  const unitOf = new Uint16Array(size);
  const idOf = new Int32Array(size).fill(NONE);
  const firstChild = new Int32Array(size + 1);
  let nodes = 1;
  const queue: Level[] = [{ node: 0, from: 0, to: sorted.length, depth: 0 }];
  for (let i = 0; i < queue.length; i++) {
    const { node, to, depth, ...level } = queue[i] as Level;
    let from = level.from;
    if (from < to && (sorted[from] as string).length === depth) {
      idOf[node] = unique.get(sorted[from++] as string) as number;
    }
    firstChild[node] = nodes;
    while (from < to) {
      const unit = (sorted[from] as string).charCodeAt(depth);
      let end = from + 1;
      while (end < to && (sorted[end] as string).charCodeAt(depth) === unit) end++;
      unitOf[nodes] = unit;
      queue.push({ node: nodes++, from, to: end, depth: depth + 1 });
      from = end;
    }
    // Breadth first: the next node of the queue has its children right behind these.
    firstChild[node + 1] = nodes;
  }
  const child = (node: number, unit: number): number => {
    let low = firstChild[node] as number;
    let high = (firstChild[node + 1] as number) - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const difference = (unitOf[middle] as number) - unit;
      if (difference === 0) return middle;
      if (difference < 0) low = middle + 1;
      else high = middle - 1;
    }
    return NONE;
  };
  return {
    matches(text, start, found) {
      let node = 0;
      for (let end = start; end < text.length; ) {
        node = child(node, text.charCodeAt(end++));
        if (node === NONE) return;
        const id = idOf[node] as number;
        if (id !== NONE) found(id, end);
      }
    },
  };
}

/** UTF-16 order, the one `<` has for strings. */
function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
