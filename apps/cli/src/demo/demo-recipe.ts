import { DEFAULT_PHASES } from "../recipe/infer-recipe.ts";
import { type Recipe, recipeSchema } from "../recipe/recipe.ts";

/** What the demo does, as `espalier train` would spell it out. */
export function demoRecipe(options: {
  readonly seed: number;
  readonly trunk: string;
  readonly validation: number;
}): Recipe {
  return recipeSchema.parse({
    data: "UCI sentences (npm: sentiment)",
    text: "text",
    tasks: {
      domain: { kind: "classification", labels: ["product", "movie", "restaurant"] },
      sentiment: { kind: "classification", labels: ["negative", "positive"] },
    },
    phases: DEFAULT_PHASES,
    ...options,
  });
}
