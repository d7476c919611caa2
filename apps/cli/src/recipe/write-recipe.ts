import { Document } from "yaml";
import type { RecipeInput } from "./recipe.ts";

/** A recipe as YAML that can be read again, with a word on how to use it. */
export function recipeYaml(recipe: RecipeInput): string {
  const document = new Document(recipe);
  document.commentBefore =
    " Everything that decides the result. Change it and run: espalier train THIS_FILE\n freeze: none, all, backbone, embeddings, head:TASK, only-head:TASK, layers-below:K, bitfit, layerwise-decay:F";
  return document.toString({ lineWidth: 100 });
}
