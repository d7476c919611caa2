import { didYouMean, EspalierError, type ParamPath } from "@espalier/core";
import type { FreezePolicy, FreezeRule } from "./freeze-policy.ts";
import { countLayers } from "./layer-depth.ts";

/**
 * Checks that what a policy names exists: a rule that freezes nothing because of a typing error is found here.
 * @param paths all parameters of the network
 * @param place how messages name the policy, default `freeze "<name>"`
 * @throws {EspalierError} NAME_UNKNOWN for a task without a head; CONFIG_INVALID for a layer out of range, a regular
 *   expression that is broken or matches no parameter, or a learning-rate factor that is not above 0
 */
export function checkPolicy(
  policy: FreezePolicy,
  paths: readonly ParamPath[],
  place: string = `freeze "${policy.name}"`,
): void {
  const network = {
    layers: countLayers(paths),
    tasks: [...new Set(paths.flatMap(({ task }) => (task === undefined ? [] : [task])))],
    names: paths.map(({ name }) => name),
  };
  for (const [i, rule] of policy.rules.entries())
    checkRule(rule, network, { policy: place, rule: `${place}: rules.${i}` });
}

interface Network {
  readonly layers: number;
  readonly tasks: readonly string[];
  readonly names: readonly string[];
}

function checkRule(
  { match, lrScale }: FreezeRule,
  { layers, tasks, names }: Network,
  place: { policy: string; rule: string },
): void {
  const { task, layer, layersBelow, name } = match;
  if (task !== undefined && !tasks.includes(task))
    throw new EspalierError(
      "NAME_UNKNOWN",
      `${place.policy}: there is no task "${task}"${didYouMean(task, tasks)}; ${
        tasks.length === 0 ? "there are none" : `tasks: ${tasks.join(", ")}`
      }`,
    );
  if (layer !== undefined && !isWholeNumber(layer, layers - 1))
    throw invalid(
      `${place.policy}: there is no layer ${layer}; ${
        layers === 0 ? "the trunk has none" : `the trunk has layers 0 to ${layers - 1}`
      }`,
    );
  if (layersBelow !== undefined && !isWholeNumber(layersBelow, layers))
    throw invalid(
      `${place.policy}: layers below ${layersBelow}, expected a whole number from 0 to ${layers} (the trunk has ${layers} layers)`,
    );
  if (name !== undefined) {
    const expression = compile(name, place.rule);
    if (!names.some((candidate) => expression.test(candidate)))
      throw invalid(`${place.rule}.match.name: /${name}/ matches no parameter`);
  }
  if (lrScale === undefined) return;
  const [factor, most] =
    typeof lrScale === "number" ? [lrScale, Infinity] : [lrScale.layerwiseDecay, 1];
  if (!(factor > 0 && factor <= most && factor < Infinity))
    throw invalid(
      `${place.rule}.lrScale: ${factor}, expected a factor above 0${most === 1 ? " and at most 1" : ""}`,
    );
}

function isWholeNumber(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}

function compile(name: string, place: string): RegExp {
  try {
    return new RegExp(name, "u");
  } catch (cause) {
    throw new EspalierError(
      "CONFIG_INVALID",
      `${place}.match.name: /${name}/ is not a regular expression: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function invalid(message: string): EspalierError {
  return new EspalierError("CONFIG_INVALID", message);
}
