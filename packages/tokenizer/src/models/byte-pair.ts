import type { TokenModel } from "./token-model.ts";

export interface BytePairConfig {
  readonly vocabulary: ReadonlyMap<string, number>;
  /** In order of rank: first come, first merged. */
  readonly merges: ReadonlyArray<readonly [left: string, right: string]>;
  /** Stands for a symbol that is not in the vocabulary; without one such symbols are dropped. */
  readonly unknownId: number | undefined;
  /** One unknown token for a run of unknown symbols. */
  readonly fuseUnknown: boolean;
  /** Spells symbols that are not in the vocabulary as `<0x0A>` tokens. */
  readonly byteFallback: boolean;
  /** Words that are in the vocabulary are not taken apart. */
  readonly ignoreMerges: boolean;
  readonly continuingPrefix: string;
  readonly endOfWordSuffix: string;
}

const UNREACHED = -1;

/** Byte-pair encoding (Sennrich et al., 2016): starts from single symbols and merges the best-ranked pair, leftmost first. */
export function bytePair(config: BytePairConfig): TokenModel {
  const { vocabulary } = config;
  const table = mergeTable(config);
  return {
    tokenize(word) {
      if (config.ignoreMerges) {
        const whole = vocabulary.get(word);
        if (whole !== undefined) return [whole];
      }
      return mergeAll(symbolsOf(word, config), table);
    },
  };
}

interface Merge {
  readonly rank: number;
  readonly id: number;
}

/** Pairs of ids are looked up by one number. */
type MergeTable = ReadonlyMap<number, Merge>;

const PAIR_BASE = 2 ** 26;

function mergeTable({ vocabulary, merges, continuingPrefix }: BytePairConfig): MergeTable {
  const table = new Map<number, Merge>();
  for (const [rank, [left, right]] of merges.entries()) {
    const id = vocabulary.get(left + right.slice(continuingPrefix.length)) as number;
    const pair = (vocabulary.get(left) as number) * PAIR_BASE + (vocabulary.get(right) as number);
    table.set(pair, { rank, id });
  }
  return table;
}

function symbolsOf(word: string, config: BytePairConfig): number[] {
  const { vocabulary, continuingPrefix, endOfWordSuffix, unknownId } = config;
  const ids: number[] = [];
  let at = 0;
  let afterUnknown = false;
  for (const character of word) {
    const prefix = at === 0 ? "" : continuingPrefix;
    at += character.length;
    const symbol = prefix + character + (at === word.length ? endOfWordSuffix : "");
    const id = vocabulary.get(symbol);
    const bytes =
      id === undefined && config.byteFallback ? byteTokens(symbol, vocabulary) : undefined;
    if (id !== undefined) ids.push(id);
    else if (bytes !== undefined) ids.push(...bytes);
    else if (unknownId !== undefined && !(config.fuseUnknown && afterUnknown)) ids.push(unknownId);
    afterUnknown = id === undefined && bytes === undefined;
  }
  return ids;
}

function byteTokens(
  symbol: string,
  vocabulary: ReadonlyMap<string, number>,
): readonly number[] | undefined {
  const ids: number[] = [];
  for (const byte of Buffer.from(symbol)) {
    const id = vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids;
}

/** Merges in place, with a heap of the possible merges; n log n in the length of the word. */
function mergeAll(ids: number[], table: MergeTable): number[] {
  if (ids.length < 2) return ids;
  const next = Int32Array.from(ids, (_, i) => (i + 1 < ids.length ? i + 1 : UNREACHED));
  const previous = Int32Array.from(ids, (_, i) => i - 1);
  const heap = new NumberHeap();
  const offer = (left: number): void => {
    const right = left < 0 ? UNREACHED : (next[left] as number);
    if (right < 0) return;
    const merge = table.get((ids[left] as number) * PAIR_BASE + (ids[right] as number));
    // Ordered by rank, then by place.
    if (merge !== undefined) heap.push(merge.rank * 2 ** 31 + left);
  };
  for (let i = 0; i + 1 < ids.length; i++) offer(i);
  for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
    const left = top % 2 ** 31;
    const right = next[left] as number;
    if (right < 0 || ids[left] === UNREACHED) continue;
    const merge = table.get((ids[left] as number) * PAIR_BASE + (ids[right] as number));
    // What stood here when this was offered may have been merged into something else since.
    if (merge === undefined || merge.rank !== Math.floor(top / 2 ** 31)) continue;
    ids[left] = merge.id;
    ids[right] = UNREACHED;
    const after = next[right] as number;
    next[left] = after;
    next[right] = UNREACHED;
    if (after >= 0) previous[after] = left;
    offer(previous[left] as number);
    offer(left);
  }
  return ids.filter((id) => id !== UNREACHED);
}

/** A binary heap, smallest number first. */
class NumberHeap {
  readonly #numbers: number[] = [];

  push(value: number): void {
    const heap = this.#numbers;
    let at = heap.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] as number) <= value) break;
      heap[at] = heap[parent] as number;
      at = parent;
    }
    heap[at] = value;
  }

  pop(): number | undefined {
    const heap = this.#numbers;
    const top = heap[0];
    const value = heap.pop();
    if (value === undefined || heap.length === 0) return top;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
      if ((heap[child] as number) >= value) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = value;
    return top;
  }
}
