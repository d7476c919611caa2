import { type Dataset, splitDataset } from "@espalier/data";
import { SentenceTransformer } from "@espalier/encoder";
import type { AnyHead } from "@espalier/heads";
import { MultiTaskModel } from "@espalier/model";
import type { Recipe } from "../recipe/recipe.ts";
import { recipeHeads } from "../recipe/recipe-model.ts";
import { type Phase, trainPhases } from "./train-phases.ts";

/** What a recipe needs to be trained, opened and checked; nothing has been computed or written yet. */
export interface OpenedTraining {
  readonly recipe: Recipe;
  readonly model: MultiTaskModel<Readonly<Record<string, AnyHead>>>;
  readonly phases: readonly Phase[];
  readonly train: Dataset;
  readonly validation: Dataset;
}

/** The rows of a recipe: one dataset to be split by a share, or two. */
export type TrainingData =
  | { readonly dataset: Dataset; readonly share: number }
  | { readonly dataset: Dataset; readonly validation: Dataset };

/** @throws {EspalierError} when the rows can't be split, the trunk can't be loaded or a policy does not fit it */
export async function openTraining(recipe: Recipe, data: TrainingData): Promise<OpenedTraining> {
  const rows =
    "share" in data
      ? splitDataset(data.dataset, { validation: data.share, seed: recipe.seed })
      : { train: data.dataset, validation: data.validation };
  const encoder = await SentenceTransformer.load(recipe.trunk, {
    pooling: recipe.pooling,
    maxLengthTokens: recipe.maxLengthTokens,
  });
  const model = new MultiTaskModel<OpenedTraining["model"]["tasks"]>(encoder, recipeHeads(recipe), {
    seed: recipe.seed,
  });
  try {
    return { recipe, model, phases: trainPhases(recipe, model), ...rows };
  } catch (error) {
    model.dispose();
    throw error;
  }
}
