import { didYouMean, EspalierError } from "@espalier/core";
import type { LabelPlace, LabelValue } from "./head.ts";

/** For a label that a head does not know, with those that it knows. */
export function unknownLabel(
  label: LabelValue,
  place: string | LabelPlace,
  labels: readonly string[],
): EspalierError {
  return labelError(
    label,
    place,
    `is not one of ${labels.join(", ")}${didYouMean(String(label), labels)}`,
  );
}

/** For a label that a head can't use. @param problem goes on after the label */
export function labelError(
  label: LabelValue,
  place: string | LabelPlace,
  problem: string,
): EspalierError {
  const { source, of } =
    typeof place === "string"
      ? { source: place, of: "" }
      : { source: place.source, of: ` of task "${place.task}"` };
  const given = Array.isArray(label) ? JSON.stringify(label) : `"${label}"`;
  return new EspalierError("NAME_UNKNOWN", `${source}: label ${given}${of} ${problem}`);
}
