import { createRng, didYouMean, EspalierError, type Rng } from "@espalier/core";
import type { Dataset, Example, LabelValue } from "./dataset.ts";

export interface SplitOptions {
  /** Share of the rows that go to validation, between 0 and 1. Default 0.2. */
  readonly validation?: number;
  /** Same data, same seed: same split. */
  readonly seed: number;
  /** Tasks whose joint labels keep their proportions on both sides. Default all; `[]` for none. */
  readonly stratifyBy?: readonly string[];
}

/**
 * Splits a dataset in two, both in the original order.
 *
 * Rows with identical texts stay together, so no text is on both sides. The texts are ordered by their
 * joint labels, the tasks' classes in random order and texts at random within a combination, and every
 * `1 / validation`-th row is taken (systematic sampling): each combination, each class of the first
 * task and the whole get their share up to one row, and rare combinations share one row among
 * neighbours. Numbers are stratified by tenths of their order, missing labels as a class of their own.
 * A class that would be missing from `train` keeps one text there. Many identical texts may move the
 * share, because they are not divided.
 * @throws {EspalierError} CONFIG_INVALID for a share outside of (0, 1); NAME_UNKNOWN for a task that
 * the dataset lacks; DATA_INVALID when a side would be empty
 */
export function splitDataset(
  dataset: Dataset,
  options: SplitOptions,
): { train: Dataset; validation: Dataset } {
  const share = options.validation ?? 0.2;
  if (!(share > 0 && share < 1)) {
    throw new EspalierError("CONFIG_INVALID", `validation has to be between 0 and 1, not ${share}`);
  }
  const tasks = options.stratifyBy ?? dataset.labelColumns;
  for (const task of tasks) requireTask(dataset, task);

  const groups = identicalTexts(dataset.examples);
  const taken = choose(
    strata(dataset.examples, groups, { tasks, rng: createRng(options.seed) }),
    share,
  );
  giveBackLastOfClass(dataset, groups, taken);

  const train: Example[] = [];
  const validation: Example[] = [];
  const inValidation = new Uint8Array(dataset.examples.length);
  for (const group of taken) for (const row of group) inValidation[row] = 1;
  for (const [row, example] of dataset.examples.entries()) {
    (inValidation[row] === 1 ? validation : train).push(example);
  }
  if (train.length === 0 || validation.length === 0) {
    throw new EspalierError(
      "DATA_INVALID",
      `${dataset.examples.length} rows with ${groups.length} different texts are too few to split off ` +
        `${share} for validation`,
    );
  }
  return {
    train: { ...dataset, examples: train },
    validation: { ...dataset, examples: validation },
  };
}

/** Rows with one text, indices into the examples. */
type Group = readonly number[];

function requireTask({ labelColumns }: Dataset, task: string): void {
  if (labelColumns.includes(task)) return;
  throw new EspalierError(
    "NAME_UNKNOWN",
    `stratifyBy: there is no task "${task}"${didYouMean(task, labelColumns)}; ` +
      `the tasks are ${labelColumns.join(", ")}`,
  );
}

function identicalTexts(examples: readonly Example[]): Group[] {
  const groups = new Map<string, number[]>();
  for (const [row, { text }] of examples.entries()) {
    const key = typeof text === "string" ? text : JSON.stringify(text);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

/** The groups by joint label, neighbours alike; large groups first within a stratum. */
function strata(
  examples: readonly Example[],
  groups: readonly Group[],
  { tasks, rng }: { tasks: readonly string[]; rng: Rng },
): Group[][] {
  const ranks = tasks.map((task) => classRanks(examples, task, rng.fork("classes").fork(task)));
  const strata = new Map<string, { key: number[]; groups: Group[] }>();
  for (const index of rng.fork("order").permutation(groups.length)) {
    const group = groups[index] as Group;
    const key = ranks.map((rank) => rank[group[0] as number] as number);
    const name = key.join(" ");
    const stratum = strata.get(name);
    if (stratum === undefined) strata.set(name, { key, groups: [group] });
    else stratum.groups.push(group);
  }
  return [...strata.values()]
    .sort((a, b) => compareKeys(a.key, b.key))
    .map((stratum) => stratum.groups.sort((a, b) => b.length - a.length));
}

/** For each row the rank of its label among the labels of the task, in random order. */
function classRanks(examples: readonly Example[], task: string, rng: Rng): Int32Array {
  const names = stratumNames(examples.map((example) => example.labels[task]));
  const distinct = [...new Set(names)];
  const order = rng.permutation(distinct.length);
  const rank = new Map(distinct.map((name, i) => [name, order[i] as number]));
  return Int32Array.from(names, (name) => rank.get(name) as number);
}

function stratumNames(labels: ReadonlyArray<LabelValue | undefined>): string[] {
  const numbers = labels.filter((label) => typeof label === "number").sort((a, b) => a - b);
  const bounds = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(
    (tenth) => numbers[Math.floor((tenth * numbers.length) / 10)] as number,
  );
  return labels.map((label) => {
    if (label === undefined) return "";
    if (typeof label === "number") return `${bounds.filter((bound) => label >= bound).length}`;
    return typeof label === "string" ? `=${label}` : JSON.stringify([...label].sort());
  });
}

function compareKeys(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((rank, position) => rank !== b[position]);
  return i < 0 ? 0 : (a[i] as number) - (b[i] as number);
}

function choose(strata: readonly Group[][], share: number): Set<Group> {
  const taken = new Set<Group>();
  let owed = 0;
  for (const stratum of strata) {
    for (const group of stratum) {
      owed += share * group.length;
      // Sums of the share are inexact: 0.1 five times is a hair below one half.
      if (owed + 1e-9 < group.length / 2) continue;
      taken.add(group);
      owed -= group.length;
    }
    // What many identical texts left over must not change the proportions of the next stratum.
    owed = Math.max(-1, Math.min(1, owed));
  }
  return taken;
}

/** Moves a text back to the training side for each class that has none there. */
function giveBackLastOfClass(dataset: Dataset, groups: readonly Group[], taken: Set<Group>): void {
  for (const task of dataset.labelColumns) {
    const classesOf = (group: Group) =>
      group.flatMap((row) => classNames(dataset.examples[row]?.labels[task]));
    const seen = new Set(groups.filter((group) => !taken.has(group)).flatMap(classesOf));
    for (const group of [...taken]) {
      const missing = classesOf(group).filter((name) => !seen.has(name));
      if (missing.length === 0) continue;
      taken.delete(group);
      for (const name of classesOf(group)) seen.add(name);
    }
  }
}

function classNames(label: LabelValue | undefined): readonly string[] {
  if (label === undefined || typeof label === "number") return [];
  return typeof label === "string" ? [label] : label;
}
