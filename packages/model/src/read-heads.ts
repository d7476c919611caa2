import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readFloat32, readSafetensors, type Safetensors } from "@espalier/checkpoint";
import { didYouMean, EspalierError } from "@espalier/core";
import { type AnyHead, headFromConfig } from "@espalier/heads";
import { z } from "zod";
import { HEADS_CONFIG, HEADS_VERSION, HEADS_WEIGHTS } from "./heads-files.ts";
import { fillTaskHead, parameterName, type TaskHead } from "./task-head.ts";

/** Heads as they were saved, before there are tensors. */
export interface SavedHeads {
  /** Size of the sentence vectors the heads read. */
  readonly dimension: number;
  readonly heads: ReadonlyMap<string, AnyHead>;
  readonly weights: Safetensors;
  /** `heads.json`, for messages. */
  readonly place: string;
}

/**
 * Reads the heads of a model directory; every tensor is checked, nothing is allocated on the backend.
 * @throws {EspalierError} FILE_NOT_FOUND when the directory has no heads, FILE_INVALID or CONFIG_INVALID naming file
 *   and field or tensor, UNSUPPORTED for a newer version of the format
 */
export async function readHeads(directory: string): Promise<SavedHeads> {
  const place = join(directory, HEADS_CONFIG);
  const { dimension, tasks } = parseConfig(await readJson(place, directory), place);
  const heads = new Map<string, AnyHead>();
  for (const [i, { name, head }] of tasks.entries()) {
    if (heads.has(name))
      throw new EspalierError(
        "CONFIG_INVALID",
        `${place}: tasks.${i}: there are two tasks "${name}"`,
      );
    heads.set(name, headFromConfig(head, `${place}: tasks.${i} ("${name}")`));
  }
  const weights = await readSafetensors(join(directory, HEADS_WEIGHTS));
  const saved = { dimension, heads, weights, place };
  checkTensors(saved);
  return saved;
}

/** Puts saved heads on the backend. */
export function restoreTaskHeads({ heads, weights, dimension }: SavedHeads): TaskHead[] {
  return Array.from(heads, ([task, head]) => {
    const values = Object.entries(head.shapes(dimension)).map(([parameter, shape]) => [
      parameter,
      { shape, values: readFloat32(weights, parameterName(task, parameter), shape) },
    ]);
    return fillTaskHead(task, head, Object.fromEntries(values));
  });
}

const schema = z.strictObject({
  version: z.literal(HEADS_VERSION),
  dimension: z.int().positive(),
  tasks: z.array(
    z.strictObject({
      name: z.string().regex(/^[\w-]+$/, "a name has letters, digits, _ and - only"),
      head: z.unknown(),
    }),
  ),
});

async function readJson(place: string, directory: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(place, "utf8");
  } catch (cause) {
    throw new EspalierError(
      "FILE_NOT_FOUND",
      `${directory}: is no multi-task model, there is no ${HEADS_CONFIG}; a trunk without heads is loaded with SentenceTransformer.load`,
      { cause },
    );
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EspalierError("FILE_INVALID", `${place}: is not JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function parseConfig(value: unknown, place: string): z.infer<typeof schema> {
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === "number" && version > HEADS_VERSION)
    throw new EspalierError(
      "UNSUPPORTED",
      `${place}: has version ${version}, this program reads version ${HEADS_VERSION}; a newer one is needed`,
    );
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => {
    const path = issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
    return issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => `${path}unknown key "${key}"${didYouMean(key, KEYS)}`)
      : [`${path}${issue.message.replace("Invalid input: ", "")}`];
  });
  throw new EspalierError(
    "CONFIG_INVALID",
    problems.map((problem) => `${place}: ${problem}`).join("\n"),
  );
}

const KEYS = ["version", "dimension", "tasks", "name", "head"];

function checkTensors({ heads, weights, dimension }: SavedHeads): void {
  const expected = new Set<string>();
  for (const [task, head] of heads)
    for (const [parameter, shape] of Object.entries(head.shapes(dimension))) {
      const name = parameterName(task, parameter);
      readFloat32(weights, name, shape);
      expected.add(name);
    }
  for (const name of weights.tensors.keys())
    if (!expected.has(name))
      throw new EspalierError(
        "FILE_INVALID",
        `${weights.file}: tensor "${name}" belongs to no task of ${HEADS_CONFIG} (${[...heads.keys()].join(", ") || "which has none"})`,
      );
}
