import type { CodePointClasses } from "./code-point-classes.ts";

export interface RewriteRule {
  readonly classes: CodePointClasses;
  /** The bits of interest. */
  readonly mask: number;
  /** What stands for a code point of these bits. */
  readonly replace: (bits: number, character: string) => string;
}

/** The text with every code point of a class replaced; the text itself where there is none. */
export function rewrite(text: string, { classes, mask, replace }: RewriteRule): string {
  let result = "";
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const codePoint = text.codePointAt(at) as number;
    const size = codePoint > 0xffff ? 2 : 1;
    const bits = (classes[codePoint] as number) & mask;
    if (bits !== 0) {
      result += text.slice(start, at) + replace(bits, text.slice(at, at + size));
      start = at + size;
    }
    at += size - 1;
  }
  return start === 0 ? text : result + text.slice(start);
}
