/** Finds all pieces of a vocabulary that start at a place of a text. */
export interface PieceTrie {
  /** @param found called for every piece, shortest first, with the place after it */
  matches(text: string, start: number, found: (id: number, end: number) => void): void;
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
  // Without a comparison, texts are sorted by their UTF-16 units.
  const sorted = [...unique.keys()].sort();
  const size = 1 + sorted.reduce((sum, piece) => sum + piece.length, 0);
  const unitOf = new Uint16Array(size);
  const idOf = new Int32Array(size).fill(NONE);
  const firstChild = new Int32Array(size + 1);
  // Below a node lie the sorted pieces `from` to `to`, which share `depth` units. Breadth first, so that the children of a node come
  // right behind those of the node before it.
  const from = new Int32Array(size);
  const to = new Int32Array(size);
  const depth = new Int32Array(size);
  to[0] = sorted.length;
  let nodes = 1;
  for (let node = 0; node < nodes; node++) {
    const end = to[node] as number;
    const shared = depth[node] as number;
    let piece = from[node] as number;
    if (piece < end && (sorted[piece] as string).length === shared) {
      idOf[node] = unique.get(sorted[piece++] as string) as number;
    }
    firstChild[node] = nodes;
    while (piece < end) {
      const unit = (sorted[piece] as string).charCodeAt(shared);
      unitOf[nodes] = unit;
      depth[nodes] = shared + 1;
      from[nodes] = piece;
      while (piece < end && (sorted[piece] as string).charCodeAt(shared) === unit) piece++;
      to[nodes++] = piece;
    }
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
