/**
 * How many tokens of each text of a pair stay so that both fit: the shorter one stays whole while it takes no more than its
 * half (`longest_first` of Hugging Face tokenizers).
 * @param lengths tokens of the two texts
 * @param room tokens that fit
 */
export function truncateLongestFirst(
  lengths: readonly [number, number],
  room: number,
): [number, number] {
  const [first, second] = lengths;
  if (first + second <= room) return [first, second];
  const shorter = Math.min(first, second);
  const half = Math.floor(room / 2);
  // The odd token goes to the longer text; of two equal ones, to the second.
  const short = Math.min(shorter, half);
  const long = room - short;
  return first > second ? [long, short] : [short, long];
}
