import { readFile } from "node:fs/promises";
import { didYouMean, EspalierError } from "@espalier/core";
import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { phaseSchema, type Recipe, recipeSchema, TASK_SCHEMAS } from "./recipe.ts";

/**
 * Reads a YAML (or JSON) recipe and applies `--set key=value` overrides.
 * @throws {EspalierError} FILE_NOT_FOUND, or CONFIG_INVALID with every problem and its line
 */
export async function readRecipe(path: string, overrides: readonly string[]): Promise<Recipe> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new EspalierError("FILE_NOT_FOUND", `${path}: cannot read this recipe`, { cause });
  }
  return parseRecipe({ path, text, overrides });
}

/** The same for a recipe that is not in a file. @param source.path name used in messages */
export function parseRecipe(source: {
  path: string;
  text: string;
  overrides: readonly string[];
}): Recipe {
  const lines = new LineCounter();
  const document = parseDocument(source.text, { lineCounter: lines });
  const [syntax] = document.errors;
  if (syntax !== undefined)
    throw invalid(
      `${source.path}:${syntax.linePos?.[0].line ?? 1}: ${syntax.message.split("\n")[0]}`,
    );
  for (const override of source.overrides) applyOverride(document, override);
  const parsed = recipeSchema.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  const set = source.overrides.map((override) => override.split("=")[0] as string);
  const problems = parsed.error.issues
    .flatMap((issue) => explain(issue, document))
    .map(({ path, message }) => {
      const overridden = set.find(
        (key) => within(path.join("."), key) || within(key, path.join(".")),
      );
      const place =
        overridden === undefined
          ? `${source.path}${line(document, lines, path)}`
          : `--set ${overridden}`;
      return `${place}: ${message}`;
    });
  throw invalid(problems.join("\n"));
}

/** True for `a.b` within `a`, and for equal keys. */
function within(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`);
}

interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function explain(issue: z.core.$ZodIssue, document: Document): Problem[] {
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(issue.path, document);
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      message: `unknown key "${key}"${inside(issue.path)}${didYouMean(key, known)}; known: ${known.join(", ")}`,
    }));
  }
  if (issue.path[0] === "tasks" && issue.path.at(-1) === "kind")
    return [
      { path: issue.path, message: unknownKind(name(issue.path), document.getIn(issue.path)) },
    ];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const deepest = issue.errors.flat().sort((a, b) => b.path.length - a.path.length)[0];
    return [
      { path: issue.path, message: `"${name(issue.path)}": ${deepest?.message ?? issue.message}` },
    ];
  }
  return [{ path: issue.path, message: `"${name(issue.path)}": ${issue.message}` }];
}

function unknownKind(place: string, kind: unknown): string {
  const kinds = Object.keys(TASK_SCHEMAS);
  if (kind === undefined) return `"${place}": missing, expected one of ${kinds.join(", ")}`;
  return `"${place}": ${JSON.stringify(kind)} is not one of ${kinds.join(", ")}${didYouMean(String(kind), kinds)}`;
}

function keysAt(path: readonly PropertyKey[], document: Document): string[] {
  if (path[0] === "tasks") {
    const kind = document.getIn([...path, "kind"]) as keyof typeof TASK_SCHEMAS;
    return Object.keys(TASK_SCHEMAS[kind].shape);
  }
  if (path[0] === "phases") return Object.keys(phaseSchema.shape);
  return Object.keys(recipeSchema.shape);
}

function name(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "recipe" : path.join(".");
}

function inside(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "" : ` in "${path.join(".")}"`;
}

/** `:7`, the line of the closest node that exists. */
function line(document: Document, lines: LineCounter, path: readonly PropertyKey[]): string {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return `:${lines.linePos(node.range[0]).line}`;
  }
  return "";
}

/** `phases.0.epochs=5`: the value is read as YAML. */
function applyOverride(document: Document, override: string): void {
  const equals = override.indexOf("=");
  if (equals < 1) throw invalid(`--set ${override}: expected key=value, e.g. --set batchSize=16`);
  const path = override
    .slice(0, equals)
    .split(".")
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const value = parseDocument(override.slice(equals + 1));
  if (value.errors.length > 0)
    throw invalid(`--set ${override}: the value is not readable as YAML`);
  try {
    document.setIn(path, value.toJS());
  } catch {
    throw invalid(`--set ${override}: "${path.slice(0, -1).join(".")}" has no parts`);
  }
}

function invalid(message: string): EspalierError {
  return new EspalierError("CONFIG_INVALID", message);
}
