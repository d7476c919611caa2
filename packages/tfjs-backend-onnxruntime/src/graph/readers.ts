import { isConstant, type Value } from "./value.ts";

/** All values with data that computing the given values would read, as base values. */
export function valuesReadBy(roots: Iterable<Value>): Set<Value> {
  const seen = new Set<Value>();
  const stack = [...roots];
  while (stack.length > 0) {
    const value = stack.pop() as Value;
    if (seen.has(value)) continue;
    seen.add(value);
    if (value.data !== undefined) continue;
    for (const input of inputsOf(value)) stack.push(input);
  }
  return seen;
}

/** Those of the candidates that depend on one of the given values through recorded operations. */
export function readersOf(values: ReadonlySet<Value>, candidates: Iterable<Value>): Set<Value> {
  const reads = new Map<Value, boolean>();
  const decide = (root: Value): boolean => {
    const stack = [root];
    while (stack.length > 0) {
      const value = stack[stack.length - 1] as Value;
      if (reads.has(value)) {
        stack.pop();
      } else if (values.has(value) || value.data !== undefined) {
        reads.set(value, values.has(value));
        stack.pop();
      } else {
        const inputs = inputsOf(value);
        const open = inputs.filter((input) => !reads.has(input));
        if (open.length > 0) {
          stack.push(...open);
        } else {
          reads.set(
            value,
            inputs.some((input) => reads.get(input) === true),
          );
          stack.pop();
        }
      }
    }
    return reads.get(root) === true;
  };
  const found = new Set<Value>();
  for (const candidate of candidates) if (decide(candidate)) found.add(candidate);
  return found;
}

/** The values that computing this one reads. */
export function inputsOf(value: Value): Value[] {
  if (value.source !== undefined) return [value.source];
  const inputs: Value[] = [];
  for (const input of value.node?.inputs ?? []) {
    if (input !== null && !isConstant(input)) inputs.push(input);
  }
  return inputs;
}
