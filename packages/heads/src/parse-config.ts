import { didYouMean, EspalierError } from "@espalier/core";
import { z } from "zod";

/**
 * Checks a head's JSON and fills in the defaults.
 * @param place how messages name it
 * @throws {EspalierError} CONFIG_INVALID with every problem, its path and the given value
 */
export function parseConfig<Schema extends z.ZodObject>(
  schema: Schema,
  value: unknown,
  place: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new EspalierError(
    "CONFIG_INVALID",
    parsed.error.issues
      .flatMap((issue) => explain(issue, value, Object.keys(schema.shape)))
      .map((problem) => `${place}: ${problem}`)
      .join("\n"),
  );
}

/** Dropout rate in front of a head's linear map. Above 255/256 a mask of one byte an element can't express the rate. */
export const dropoutRate: z.ZodDefault<z.ZodNumber> = z
  .number()
  .min(0)
  .max(255 / 256)
  .default(0.1);

/** Labels of a head; `checkLabels` checks that they differ. */
export const labelNames: z.ZodArray<z.ZodString> = z.array(
  z.string().refine((label) => label.trim() !== "", "is an empty label"),
);

/** Adds an issue for too few labels, and for one that occurs twice. */
export function checkLabels(
  labels: readonly string[],
  atLeast: number,
  context: z.core.$RefinementCtx,
): void {
  if (labels.length < atLeast)
    addIssue(context, "labels", `expected at least ${atLeast} label${atLeast === 1 ? "" : "s"}`);
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined) addIssue(context, "labels", `${JSON.stringify(twice)} occurs twice`);
}

export function addIssue(context: z.core.$RefinementCtx, path: string, message: string): void {
  context.addIssue({ code: "custom", path: [path], message, input: undefined });
}

/** Without the keys whose value is undefined, which strict schemas of JSON do not know. */
export function defined<T extends object>(
  values: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function explain(issue: z.core.$ZodIssue, root: unknown, known: readonly string[]): string[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => `unknown key "${key}"${didYouMean(key, known)}`);
  const given = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    root,
  );
  const path = issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  const message = issue.message.replace("Invalid input: ", "").replace(/, received .*$/, "");
  return [`${path}${message} (${given === undefined ? "missing" : shorten(given)})`];
}

function shorten(given: unknown): string {
  const text = JSON.stringify(given) ?? String(given);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
