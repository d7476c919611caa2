import { isBlank, scalarText } from "./column-profile.ts";

/**
 * The labels in a multi-label cell: `a|b` in text, a list in JSON; each once, trimmed.
 * @returns undefined for an empty cell (unlabelled); an empty list is labelled "none of them"
 */
export function splitLabels(value: unknown): readonly string[] | undefined {
  if (Array.isArray(value)) return [...new Set(value.map(scalarText))];
  if (isBlank(value)) return undefined;
  return [
    ...new Set(
      scalarText(value)
        .split("|")
        .map((label) => label.trim()),
    ),
  ];
}
