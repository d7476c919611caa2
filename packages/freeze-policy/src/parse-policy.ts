import { didYouMean, EspalierError, type ParamPath } from "@espalier/core";
import { checkPolicy } from "./check-policy.ts";
import { freeze } from "./freeze.ts";
import type { FreezePolicy } from "./freeze-policy.ts";

export interface ParsePolicyOptions {
  /** Where the text stands, for messages: a flag or a recipe path. Default `freeze`. */
  readonly place?: string;
  /** All parameters of the network; with them, tasks and layers are checked at once. */
  readonly paths?: readonly ParamPath[];
}

/**
 * Reads the short form of a policy: `none`, `all`, `backbone`, `embeddings`, `bitfit`, `head:TASK`, `only-head:TASK`,
 * `layers-below:K`, `layerwise-decay:FACTOR`.
 * @param text one short form, several joined by ` + `, or a list of them; where several match, the last one decides
 * @throws {EspalierError} CONFIG_INVALID for a form that does not exist or a bad value; with `paths` also what
 *   `checkPolicy` throws. The message offers what would be valid
 */
export function parsePolicy(
  text: string | readonly string[],
  options: ParsePolicyOptions = {},
): FreezePolicy {
  const place = options.place ?? "freeze";
  const forms = [text].flat().flatMap((part) => part.split(" + "));
  const policies = forms.map((form) => parseForm(form, place));
  const [only] = policies;
  if (only === undefined) throw invalid(`${place}: is empty, expected ${FORMS.join(", ")}`);
  if (options.paths !== undefined)
    for (const policy of policies) checkPolicy(policy, options.paths, `${place}: "${policy.name}"`);
  return policies.length === 1 ? only : freeze.combine(...policies);
}

const plain = {
  none: freeze.none,
  all: freeze.all,
  backbone: freeze.backbone,
  embeddings: freeze.embeddings,
  bitfit: freeze.bitfit,
} as const;

const valued: Readonly<
  Record<string, { value: string; read(text: string, place: string): FreezePolicy }>
> = {
  head: { value: "TASK", read: (task) => freeze.head(task) },
  "only-head": { value: "TASK", read: (task) => freeze.onlyHead(task) },
  "layers-below": {
    value: "K",
    read(text, place) {
      if (!/^\d+$/.test(text))
        throw invalid(`${place}: layers below "${text}", expected a whole number from 0`);
      return freeze.layersBelow(Number(text));
    },
  },
  "layerwise-decay": {
    value: "FACTOR",
    read(text, place) {
      const factor = Number(text);
      if (!(factor > 0 && factor <= 1))
        throw invalid(
          `${place}: layerwise decay "${text}", expected a factor above 0 and at most 1`,
        );
      return freeze.layerwiseDecay(factor);
    },
  },
};

const FORMS = [
  ...Object.keys(plain),
  ...Object.entries(valued).map(([name, { value }]) => `${name}:${value}`),
];

function parseForm(form: string, place: string): FreezePolicy {
  const text = form.trim();
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const value = colon < 0 ? "" : text.slice(colon + 1);
  if (Object.hasOwn(plain, name)) {
    if (colon >= 0) throw invalid(`${place}: "${name}" takes no value, got "${value}"`);
    return plain[name as keyof typeof plain]();
  }
  const preset = Object.hasOwn(valued, name) ? valued[name] : undefined;
  if (preset === undefined) {
    const known = [...Object.keys(plain), ...Object.keys(valued)];
    throw invalid(
      `${place}: "${text}" is not one of ${FORMS.join(", ")}${didYouMean(name, known)}`,
    );
  }
  if (value === "")
    throw invalid(`${place}: "${text}" needs a value, as in ${name}:${preset.value}`);
  return preset.read(value, place);
}

function invalid(message: string): EspalierError {
  return new EspalierError("CONFIG_INVALID", message);
}
