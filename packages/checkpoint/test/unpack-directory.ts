import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A directory inside a fixture file: text, or bytes in base64, by path. */
export interface PackedDirectory {
  files: Record<string, string | { base64: string }>;
  /** Of the directories that load: what the golden says about them. */
  expected?: {
    spec: PackedSpec;
    maxLengthTokens: number;
    dimension: number;
  };
  /** Of the directories that do not: what the error has to name. */
  expect?: string;
}

interface PackedSpec {
  pooling: string | string[];
  then?: string[];
  prompts?: Record<string, string>;
  default_prompt_name?: string;
  include_prompt?: boolean;
  truncate_dim?: number;
}

/** The directories of `fixtures/<name>.json`. */
export function packedDirectories(name: string): Record<string, PackedDirectory> {
  const file = join(import.meta.dirname, "fixtures", `${name}.json`);
  return JSON.parse(readFileSync(file, "utf8"));
}

/** A new folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "espalier-checkpoint-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a packed directory to a temporary folder. */
export async function unpackDirectory({ files }: PackedDirectory): Promise<string> {
  const folder = await temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    const bytes = typeof content === "string" ? content : Buffer.from(content.base64, "base64");
    await writeFile(join(folder, path), bytes);
  }
  return folder;
}
