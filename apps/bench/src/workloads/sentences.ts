import { createRng } from "@espalier/core";

/** Common English words; the tokenizer of a benchmark model knows each as one token. */
export const WORDS: readonly string[] =
  `the of and to in is was for on that with as it by at from this be are or an were which not have has had but
one all also their they more than other new first two when time year people into only some could them see about
over after out up no there between under while during before most many such through where how each because
against even same last long great little own still must own place well back good old part work world life day
man woman child city country house water room hand head school company system program question government
number night point home group problem fact money story month lot right study book eye job word business issue
side kind power line end member law car minute idea body information parent face level office door health
person art war history party result change morning reason research girl guy moment air teacher force education
food pasta service waiter table price movie film actor scene plot product battery screen sound quality phone
delivery superb awful slow quick cheap fresh stale bright dull broken reliable friendly rude delicious bland`
    .split(/\s+/)
    .filter((word, i, all) => all.indexOf(word) === i);

const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];

/** What any other word is made of. */
export const LETTER_PIECES: readonly string[] = LETTERS.flatMap((letter) => [
  letter,
  `##${letter}`,
]);

export interface SentenceOptions {
  readonly count: number;
  /** Words of the shortest and of the longest sentence; lengths between are as likely as each other. */
  readonly words: readonly [least: number, most: number];
  readonly seed: number;
  /** Share of words that are made of random letters, which a tokenizer has not seen before. Default 0. */
  readonly rareShare?: number;
}

/** Distinct made-up sentences of known words; the same options give the same ones. */
export function sentences(options: SentenceOptions): string[] {
  const { count, words, seed, rareShare = 0 } = options;
  const rng = createRng(seed);
  const [least, most] = words;
  const from = <Value>(list: readonly Value[]): Value =>
    list[Math.floor(rng.uniform() * list.length)] as Value;
  const word = (): string =>
    rng.uniform() < rareShare
      ? Array.from({ length: 4 + Math.floor(rng.uniform() * 6) }, () => from(LETTERS)).join("")
      : from(WORDS);
  const found = new Set<string>();
  while (found.size < count) {
    const length = least + Math.floor(rng.uniform() * (most - least + 1));
    found.add(Array.from({ length }, word).join(" "));
  }
  return [...found];
}
