import { describe, expect, it } from "vitest";
import { createLaunchRhythm } from "./launch-rhythm.ts";

/** An operation of a program: its signature, and how many values are pending before it. */
type Operation = readonly [signature: number, pending: number];

/** Where the launches come: the number of operations before each. */
function launchesOf(operations: Iterable<Operation>): number[] {
  const rhythm = createLaunchRhythm();
  const launches: number[] = [];
  let count = 0;
  for (const [signature, pending] of operations) {
    const due = rhythm.noted(signature, pending);
    count++;
    if (!due) continue;
    launches.push(count);
    rhythm.launched();
  }
  return launches;
}

/** A step of some operations during which ever more values are held, until its end. */
const step = (length: number, held = 10): Operation[] =>
  Array.from({ length }, (_, i) => [1000 + i, held + i]);

const times = (count: number, operations: readonly Operation[]): Operation[] =>
  Array.from({ length: count }, () => operations).flat();

describe("a loop that reads nothing", () => {
  it("runs in pieces of a few whole steps", () => {
    const launches = launchesOf(times(100, step(300)));
    expect(launches.every((at) => at % 300 === 0)).toBe(true);
    const pieces = launches.map((at, i) => at - (launches[i - 1] ?? 0));
    expect(pieces[0]).toBe(2100); // the first whole step after 2,048 operations
    expect(new Set(pieces.slice(1))).toEqual(new Set([1200]));
  });

  it("is cut between steps whatever came before it", () => {
    const before: Operation[] = Array.from({ length: 77 }, (_, i) => [i, i]);
    const launches = launchesOf([...before, ...times(100, step(300))]);
    expect(launches.length).toBeGreaterThan(10);
    expect(launches.every((at) => (at - 77) % 300 === 0)).toBe(true);
  });

  it("is found again when it becomes another one", () => {
    const launches = launchesOf([...times(20, step(300)), ...times(60, step(170))]);
    const later = launches.filter((at) => at > 10_000);
    expect(later.length).toBeGreaterThan(3);
    expect(later.every((at) => (at - 6000) % 170 === 0)).toBe(true);
  });

  it("may keep a value a step", () => {
    const operations = Array.from({ length: 60 }, (_, i) => step(300, 10 + i)).flat();
    expect(launchesOf(operations).length).toBeGreaterThan(5);
  });
});

it("a program that does not repeat itself is left alone", () => {
  expect(launchesOf(Array.from({ length: 20_000 }, (_, i) => [i, 5]))).toEqual([]);
});

it("turns that each keep values for their gradients are left alone", () => {
  const operations = Array.from({ length: 500 }, (_, turn) =>
    step(30, 0).map(([signature]): Operation => [signature, 5 * turn]),
  ).flat();
  expect(launchesOf(operations)).toEqual([]);
});

it("a program that reads after each step is left alone", () => {
  const rhythm = createLaunchRhythm();
  for (let turn = 0; turn < 50; turn++) {
    expect(step(900).some(([signature, pending]) => rhythm.noted(signature, pending))).toBe(false);
    rhythm.launched();
  }
});

it("a loop that goes on after a read keeps its rhythm", () => {
  const rhythm = createLaunchRhythm();
  const run = (operations: readonly Operation[]): number | undefined => {
    const at = operations.findIndex(([signature, pending]) => rhythm.noted(signature, pending));
    rhythm.launched();
    return at < 0 ? undefined : at + 1;
  };
  expect(run(times(10, step(300)))).toBe(2100);
  expect(run(step(40))).toBeUndefined();
  expect(run(times(10, step(300)))).toBe(1200);
});
