import { type FreezePolicy, parsePolicy } from "@espalier/freeze-policy";
import type { MultiTaskModel } from "@espalier/model";
import type { PhaseOptions } from "@espalier/trainer";
import type { Recipe } from "../recipe/recipe.ts";

/** A phase as the trainer takes it, with the policy read. */
export type Phase = PhaseOptions & { readonly name: string; readonly freeze: FreezePolicy };

/**
 * The phases of a recipe for a model.
 * @throws {EspalierError} CONFIG_INVALID or NAME_UNKNOWN for a policy that does not exist or does not fit the model
 */
// biome-ignore lint/suspicious/noExplicitAny: any set of tasks will do
export function trainPhases(recipe: Recipe, model: MultiTaskModel<any>): Phase[] {
  const paths = model.parameters().map(({ path }) => path);
  return recipe.phases.map((phase, i) => ({
    name: phase.name,
    freeze: parsePolicy(phase.freeze, { place: `phases.${i}.freeze`, paths }),
    epochs: phase.epochs,
    learningRate: phase.learningRate,
    headLearningRate: phase.headLearningRate ?? phase.learningRate,
    warmup: phase.warmup,
    schedule: phase.schedule,
    ...(phase.patience === undefined ? {} : { patience: phase.patience }),
  }));
}
