import { sentences } from "./sentences.ts";

/** Texts to encode, and how they come. */
export interface EncodeWork {
  readonly name: string;
  readonly texts: readonly string[];
  /** True for one text a call, as a server does it. */
  readonly oneAtATime: boolean;
}

/** Many short texts, few long ones, one at a time. */
export function madeUpWork(quick: boolean): EncodeWork[] {
  const work = (
    name: string,
    count: number,
    [least, most, seed]: readonly [number, number, number],
  ): EncodeWork => ({
    name,
    texts: sentences({ count, words: [least, most], seed }),
    oneAtATime: name === "single",
  });
  return [
    work("short", quick ? 16 : 128, [4, 24, 1]),
    work("long", quick ? 2 : 16, [60, 120, 2]),
    work("single", quick ? 4 : 32, [4, 24, 3]),
  ];
}

/** So many of the texts, evenly taken. */
export function someOf(texts: readonly string[], count: number): string[] {
  const step = Math.max(1, texts.length / count);
  return Array.from(
    { length: Math.min(count, texts.length) },
    (_, i) => texts[Math.floor(i * step)] as string,
  );
}
