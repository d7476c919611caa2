import type { Head } from "@espalier/heads";
import type { Tasks } from "@espalier/model";

/** Values a row has in the targets of a task. @param task one of the tasks */
export function targetSize(tasks: Tasks, task: string): number {
  return (tasks[task] as Head<unknown>).target.size;
}
