import { didYouMean, EspalierError } from "@espalier/core";
import { z } from "zod";
import type { FreezePolicy } from "./freeze-policy.ts";
import { checkSchedule, type FreezeSchedule } from "./freeze-schedule.ts";

/**
 * Reads a policy that was saved as JSON. Tasks and layers are checked by `checkPolicy` and `resolvePolicy`.
 * @param value the parsed JSON
 * @param place file or recipe path, for messages
 * @throws {EspalierError} CONFIG_INVALID with every problem and its path
 */
export function policyFromJson(value: unknown, place = "freeze"): FreezePolicy {
  return read(policySchema, value, place);
}

/**
 * Reads a schedule that was saved as JSON.
 * @throws {EspalierError} CONFIG_INVALID with every problem and its path, also when the phases are not in order
 */
export function scheduleFromJson(value: unknown, place = "freeze"): FreezeSchedule {
  const schedule = read(scheduleSchema, value, place);
  checkSchedule(schedule, place);
  return schedule;
}

const group = z.enum(["embeddings", "encoder", "pooler", "head"]);
const count = z.int().min(0);

const matchSchema = z.strictObject({
  group: z.union([group, z.array(group).min(1)]).exactOptional(),
  task: z.string().min(1).exactOptional(),
  layer: count.exactOptional(),
  layersBelow: count.exactOptional(),
  name: z.string().min(1).refine(isRegularExpression, "not a regular expression").exactOptional(),
});

const ruleSchema = z
  .strictObject({
    match: matchSchema,
    trainable: z.boolean().exactOptional(),
    lrScale: z
      .union([
        z.number().positive(),
        z.strictObject({ layerwiseDecay: z.number().positive().max(1) }),
      ])
      .exactOptional(),
  })
  .refine(
    (rule) => rule.trainable !== undefined || rule.lrScale !== undefined,
    "says neither trainable nor lrScale",
  );

const policySchema = z.strictObject({ name: z.string().min(1), rules: z.array(ruleSchema) });

const scheduleSchema = z.strictObject({
  name: z.string().min(1),
  unit: z.enum(["epoch", "step"]),
  phases: z.array(z.strictObject({ from: count, policy: policySchema })).min(1),
});

const KNOWN_KEYS = [
  policySchema,
  scheduleSchema,
  scheduleSchema.shape.phases.element,
  ruleSchema,
  matchSchema,
].flatMap((schema) => Object.keys(schema.shape));

function read<T>(schema: z.ZodType<T>, value: unknown, place: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => explain(issue, value));
  throw new EspalierError(
    "CONFIG_INVALID",
    problems.map(({ path, message }) => `${[place, ...path].join(".")}: ${message}`).join("\n"),
  );
}

interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function explain(issue: z.core.$ZodIssue, root: unknown): Problem[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      path: issue.path,
      message: `unknown key "${key}"${didYouMean(key, KNOWN_KEYS)}`,
    }));
  const given = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    root,
  );
  const shown = given === undefined ? "missing" : JSON.stringify(given);
  const reason =
    issue.code === "invalid_union"
      ? issue.errors.map((options) => options[0]?.message).join(", or ")
      : issue.message;
  return [{ path: issue.path, message: `${shown}: ${reason.replaceAll("Invalid input: ", "")}` }];
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text, "u") !== undefined;
  } catch {
    return false;
  }
}
