import { stripVTControlCharacters } from "node:util";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Characters a terminal shows of a text, control sequences not counted. */
export function visibleLength(text: string): number {
  return [...segmenter.segment(stripVTControlCharacters(text))].length;
}
