import { existsSync } from "node:fs";
import { basename, extname, join } from "node:path";

/** `runs/reviews-1`, the first number that is free. */
export function freeRunDirectory(dataPath: string): string {
  const name = basename(dataPath, extname(dataPath)) || "run";
  for (let n = 1; ; n++) {
    const directory = join("runs", `${name}-${n}`);
    if (!existsSync(directory)) return directory;
  }
}
