/** The text with U+FFFD for every surrogate that stands alone: what UTF-8 makes of it. */
export function wellFormed(text: string): string {
  return /[\ud800-\udfff]/.test(text) ? text.replace(/\p{Surrogate}/gu, "\ufffd") : text;
}
