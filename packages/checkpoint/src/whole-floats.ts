/**
 * Numbers that a JSON text writes as floats although they are whole, `2.0`, each as `key: 2`. To JavaScript they are the
 * same as integers; transformers 5 refuses an integer where a field is a float.
 */
export type WholeFloats = ReadonlySet<string>;

// A quote inside of a string is escaped, so a bare one before a colon ends a key.
const NUMBER = /"((?:[^"\\]|\\.)*)"\s*:\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?=\s*[,}\]])/g;

/** Finds them. @param text valid JSON */
export function findWholeFloats(text: string): WholeFloats {
  const found = new Set<string>();
  for (const [, key, literal] of text.matchAll(NUMBER)) {
    const whole = String(Number(literal));
    if (/^-?\d+$/.test(whole) && literal !== whole) found.add(`${key}: ${whole}`);
  }
  return found;
}

/** Writes them as floats again where a key still has the same number. @param text of `JSON.stringify` */
export function writeWholeFloats(text: string, floats: WholeFloats): string {
  return text.replace(NUMBER, (member, key: string, literal: string) =>
    floats.has(`${key}: ${literal}`) ? `${member}.0` : member,
  );
}
