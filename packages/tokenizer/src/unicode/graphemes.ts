/** UTF-16 units that are segmented at a time: the time `Intl.Segmenter` takes grows with the square of the text. */
const CHUNK = 256;

/** The user-perceived characters of a text (extended grapheme clusters of UAX #29), in time that grows with its length. */
export function* graphemes(text: string, segmenter: Intl.Segmenter): Iterable<string> {
  let start = 0;
  let size = CHUNK;
  while (start < text.length) {
    // Never between the halves of a surrogate pair.
    const half = /[\ud800-\udbff]/.test(text[start + size - 1] ?? "");
    const chunk = text.slice(start, start + size + (half ? 1 : 0));
    const isLast = start + chunk.length === text.length;
    let held: string | undefined;
    for (const { segment } of segmenter.segment(chunk)) {
      if (held !== undefined) {
        yield held;
        start += held.length;
      }
      held = segment;
    }
    // The last one of a chunk may go on behind its end: it is the start of the next chunk.
    if (isLast && held !== undefined) {
      yield held;
      return;
    }
    size = held?.length === chunk.length ? size * 2 : CHUNK;
  }
}
