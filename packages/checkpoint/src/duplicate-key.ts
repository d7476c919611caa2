/**
 * The first key that one object of a JSON text holds twice; `JSON.parse` keeps only the last of them.
 * @param json text that `JSON.parse` accepts
 */
export function duplicateKey(json: string): string | undefined {
  // One set of keys per open object, null per open array.
  const open: (Set<string> | null)[] = [];
  let expectsKey = false;
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '"') {
      const start = i;
      for (i++; json[i] !== '"'; i++) if (json[i] === "\\") i++;
      if (!expectsKey) continue;
      const key = JSON.parse(json.slice(start, i + 1)) as string;
      const keys = open.at(-1) as Set<string>;
      if (keys.has(key)) return key;
      keys.add(key);
      expectsKey = false;
    } else if (character === "{") {
      open.push(new Set());
      expectsKey = true;
    } else if (character === "[") {
      open.push(null);
      expectsKey = false;
    } else if (character === "}" || character === "]") {
      open.pop();
      expectsKey = false;
    } else if (character === ",") {
      expectsKey = open.at(-1) instanceof Set;
    }
  }
  return undefined;
}
