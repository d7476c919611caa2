import type { Head, PredictionOf } from "@espalier/heads";

/** Heads by the name of their task. */
export type Tasks = Readonly<Record<string, Head<unknown>>>;

/** One value a task. */
export type PerTask<T extends Tasks, Value> = { readonly [Task in keyof T]: Value };

/** What each head says of one text. */
export type Predictions<T extends Tasks> = { readonly [Task in keyof T]: PredictionOf<T[Task]> };
