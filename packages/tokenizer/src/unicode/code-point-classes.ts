/** One byte per code point; a set of bits each, one for every class asked for. */
export type CodePointClasses = Uint8Array;

const CODE_POINTS = 0x110000;

/**
 * Unpacks ranges of `unicode-ranges.ts` into a table.
 * @param ranges which bits to set for the code points of which ranges
 */
export function codePointClasses(
  ranges: ReadonlyArray<readonly [bit: number, packed: string]>,
): CodePointClasses {
  const classes = new Uint8Array(CODE_POINTS);
  for (const [bit, packed] of ranges) {
    const numbers = packed.trim().split(/\s+/);
    let next = 0;
    for (let i = 0; i + 1 < numbers.length; i += 2) {
      next += Number.parseInt(numbers[i] as string, 36);
      const end = next + Number.parseInt(numbers[i + 1] as string, 36) + 1;
      for (let codePoint = next; codePoint < end; codePoint++) {
        classes[codePoint] = (classes[codePoint] as number) | bit;
      }
      next = end;
    }
  }
  return classes;
}
