import { type Deferred, isConstant, type Value } from "./value.ts";

/** All values with data that computing the given values would read, as base values. */
export function valuesReadBy(roots: Iterable<Value>): Set<Value> {
  const seen = new Set<Value>();
  const calls = new Set<Deferred>();
  const stack = [...roots];
  while (stack.length > 0) {
    const value = stack.pop() as Value;
    if (seen.has(value)) continue;
    seen.add(value);
    if (value.data !== undefined) continue;
    // All values of a call read the same: once is enough.
    if (value.deferred !== undefined && calls.has(value.deferred)) continue;
    if (value.deferred !== undefined) calls.add(value.deferred);
    for (const input of inputsOf(value)) stack.push(input);
  }
  return seen;
}

/** Those of the candidates that depend on one of the given values through recorded operations. */
export function readersOf(values: ReadonlySet<Value>, candidates: Iterable<Value>): Set<Value> {
  const reads = new Map<Value | Deferred, boolean>();
  const decide = (root: Value): boolean => {
    const stack = [root];
    while (stack.length > 0) {
      const value = stack[stack.length - 1] as Value;
      const call = value.deferred;
      if (reads.has(value)) {
        stack.pop();
      } else if (values.has(value) || value.data !== undefined) {
        reads.set(value, values.has(value));
        stack.pop();
      } else if (call !== undefined && reads.has(call)) {
        reads.set(value, reads.get(call) === true);
        stack.pop();
      } else {
        const inputs = inputsOf(value);
        const open = inputs.filter((input) => !reads.has(input));
        if (open.length > 0) {
          stack.push(...open);
        } else {
          const any = inputs.some((input) => reads.get(input) === true);
          reads.set(call ?? value, any);
        }
      }
    }
    return reads.get(root) === true;
  };
  const found = new Set<Value>();
  for (const candidate of candidates) if (decide(candidate)) found.add(candidate);
  return found;
}

/** The values that computing this one reads, or may read. */
export function inputsOf(value: Value): readonly Value[] {
  if (value.source !== undefined) return [value.source];
  if (value.deferred !== undefined) return value.deferred.reads;
  const inputs: Value[] = [];
  for (const input of value.node?.inputs ?? []) {
    if (input !== null && !isConstant(input)) inputs.push(input);
  }
  return inputs;
}
