import { didYouMean, EspalierError } from "@espalier/core";
import { type ClassificationHead, classificationFromConfig } from "./classification.ts";
import { type MultiLabelHead, multiLabelFromConfig } from "./multi-label.ts";
import { type OrdinalHead, ordinalFromConfig } from "./ordinal.ts";
import { type RegressionHead, regressionFromConfig } from "./regression.ts";

/** Any head of a kind that is known here, its labels not known to the compiler. */
export type AnyHead =
  | ClassificationHead<string>
  | MultiLabelHead<string>
  | OrdinalHead<string>
  | RegressionHead;

/** Any head as JSON. */
export type HeadConfig = AnyHead["config"];

/** Every kind of head there is; a new one is a file and a line here. */
const KINDS: Readonly<Record<AnyHead["kind"], (config: unknown, place: string) => AnyHead>> = {
  classification: classificationFromConfig,
  "multi-label": multiLabelFromConfig,
  ordinal: ordinalFromConfig,
  regression: regressionFromConfig,
};

/**
 * Makes a head of its JSON, as `heads.json` and recipes hold it.
 * @param place how messages name it: a file and a task
 * @throws {EspalierError} CONFIG_INVALID for an unknown kind or with every problem of its fields
 */
export function headFromConfig(config: unknown, place = "head"): AnyHead {
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw new EspalierError(
      "CONFIG_INVALID",
      `${place}: ${JSON.stringify(config)} is not a head, expected an object with a kind`,
    );
  const kind = "kind" in config ? config.kind : undefined;
  const known = Object.keys(KINDS);
  if (typeof kind !== "string" || !Object.hasOwn(KINDS, kind))
    throw new EspalierError(
      "CONFIG_INVALID",
      `${place}: kind ${JSON.stringify(kind) ?? "is missing,"} is not one of ${known.join(", ")}${didYouMean(String(kind), known)}`,
    );
  return KINDS[kind as AnyHead["kind"]](config, place);
}
