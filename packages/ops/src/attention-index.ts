import { EspalierError } from "@espalier/core";

/** How packed tokens `[N, D]` map to the slots `[B, T]` of attention. Plain arrays: one index serves every layer. */
export interface AttentionIndex {
  /** B, texts; those past `starts` are empty. */
  readonly batch: number;
  /** T, slots a text. */
  readonly lengthTokens: number;
  readonly heads: number;
  /** N, rows of the packed batch, dummy rows included. */
  readonly rows: number;
  /** int32 `[B · H · T]`: the row of `[N · H, d]` that fills a slot; padded slots read the last dummy row. */
  readonly gather: Int32Array;
  /** int32 `[N · H]`: the slot of `[B · H · T, d]` that a row reads back; dummy rows read a padded slot. */
  readonly scatter: Int32Array;
  /** float32 `[B · T]`, shape `[B, 1, 1, T]`: 0 at tokens, −1e9 at padding. */
  readonly bias: Float32Array;
  /** Nothing is padded: rows are slots, and `attention` needs none of the arrays. */
  readonly full: boolean;
}

export interface AttentionIndexOptions {
  readonly heads: number;
  /** N: rows of the packed batch; those past the last text are dummy rows. Default: the tokens and one dummy row. */
  readonly rows?: number;
  /** T: slots a text. Default: the longest text's tokens, one more when there would be no padded slot. */
  readonly lengthTokens?: number;
  /** B: texts; those past `starts` are empty. Default: the texts of `starts`. */
  readonly batch?: number;
}

/**
 * Builds the index that `attention` works with.
 *
 * Padding costs neither a mask nor a zero row: a padded slot reads a dummy row, a dummy row reads a padded slot, and
 * nothing else reads either. Forward, a padded key's probability is exactly 0 (its score lies 1e9 lower). Backward,
 * nothing reads a dummy row's output, so its gradient is 0, so the output gradient that a padded query gathers is 0,
 * and with a probability of 0 or an output gradient of 0 every product at a padded slot is 0. This needs at least one
 * dummy row where there is a padded slot, and at least one padded slot where there is a dummy row.
 * @param starts `[B + 1]`, text b is rows `starts[b] .. starts[b + 1]`, from 0, every text at least one token
 * @throws {EspalierError} SHAPE_MISMATCH when the texts do not fit, or the dummy row or padded slot is missing
 */
export function attentionIndex(starts: Int32Array, options: AttentionIndexOptions): AttentionIndex {
  const texts = starts.length - 1;
  const longest = longestText(starts);
  const tokens = starts[texts] as number;
  const { heads, batch = texts } = options;
  const lengthTokens = options.lengthTokens ?? longest + (tokens === batch * longest ? 1 : 0);
  const rows = options.rows ?? tokens + 1;
  for (const [name, value] of Object.entries({ heads, rows, lengthTokens, batch })) {
    if (!Number.isInteger(value) || value < 1) fail(`${name} is ${value}, expected a whole number`);
  }
  if (batch < texts) fail(`batch is ${batch}, but there are ${texts} texts`);
  if (rows < tokens) fail(`rows is ${rows}, but the texts have ${tokens} tokens`);
  if (lengthTokens < longest) {
    fail(`lengthTokens is ${lengthTokens}, but the longest text has ${longest} tokens`);
  }
  const padded = batch * lengthTokens - tokens;
  if (padded > 0 && rows === tokens) {
    fail(`${padded} of ${batch} x ${lengthTokens} slots are padding, but none of ${rows} rows is`);
  }
  if (padded === 0 && rows > tokens) {
    fail(`${rows - tokens} of ${rows} rows are padding, but no slot of ${batch} x ${lengthTokens}`);
  }

  const gather = new Int32Array(batch * heads * lengthTokens);
  const scatter = new Int32Array(rows * heads);
  const bias = new Float32Array(batch * lengthTokens).fill(PADDED);
  let paddedText = -1; // the last text with a padded slot, which is then its last slot
  for (let b = 0; b < batch; b++) {
    const first = starts[Math.min(b, texts)] as number;
    const length = (starts[Math.min(b + 1, texts)] as number) - first;
    if (length < lengthTokens) paddedText = b;
    bias.fill(0, b * lengthTokens, b * lengthTokens + length);
    for (let h = 0; h < heads; h++) {
      const slots = (b * heads + h) * lengthTokens;
      for (let t = 0; t < lengthTokens; t++) {
        const row = t < length ? first + t : rows - 1;
        gather[slots + t] = row * heads + h;
        if (t < length) scatter[row * heads + h] = slots + t;
      }
    }
  }
  for (let row = tokens; row < rows; row++) {
    for (let h = 0; h < heads; h++) {
      scatter[row * heads + h] = (paddedText * heads + h + 1) * lengthTokens - 1;
    }
  }
  const full = padded === 0;
  return { batch, lengthTokens, heads, rows, gather, scatter, bias, full };
}

/** Far below any score, yet far from overflow when a score is added. exp(−1e9) is exactly 0. */
const PADDED = -1e9;

function longestText(starts: Int32Array): number {
  if (starts.length < 2) fail(`starts has ${starts.length} entries, expected one a text and one`);
  if (starts[0] !== 0) fail(`starts[0] is ${starts[0]}, expected 0`);
  let longest = 0;
  for (let b = 0; b + 1 < starts.length; b++) {
    const length = (starts[b + 1] as number) - (starts[b] as number);
    if (length < 1) fail(`text ${b} has ${length} tokens, expected at least one`);
    longest = Math.max(longest, length);
  }
  return longest;
}

function fail(what: string): never {
  throw new EspalierError("SHAPE_MISMATCH", `attention index: ${what}`);
}
