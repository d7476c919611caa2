/**
 * Lower case letter by letter: "Σ" is always "σ", also at the end of a word, where `toLowerCase` alone gives "ς".
 */
export function lowercase(text: string): string {
  return (text.includes("Σ") ? text.replaceAll("Σ", "σ") : text).toLowerCase();
}
