import { didYouMean, EspalierError } from "@espalier/core";
import type { Encoding } from "@espalier/tokenizer";

export interface PromptOptions {
  /** Name of one of the model's prompts. Default: the model's default prompt, if it has one. */
  readonly promptName?: string | undefined;
  /** A text put in front of every input, instead of a named prompt; `""` for none. */
  readonly prompt?: string | undefined;
}

/** A model's named prompts. */
export interface Prompts {
  readonly prompts: Readonly<Record<string, string>>;
  readonly defaultPromptName?: string | undefined;
}

/**
 * The text to put in front of every input, `""` for none.
 * @throws {EspalierError} NAME_UNKNOWN for an unknown name, CONFIG_INVALID when both a name and a text are given
 */
export function choosePrompt(model: Prompts, options: PromptOptions): string {
  const { prompt, promptName } = options;
  if (prompt !== undefined && promptName !== undefined)
    throw new EspalierError(
      "CONFIG_INVALID",
      `prompt ${JSON.stringify(prompt)} and promptName ${JSON.stringify(promptName)} are both given, expected one`,
    );
  if (prompt !== undefined) return prompt;
  const name = promptName ?? model.defaultPromptName;
  if (name === undefined) return "";
  const names = Object.keys(model.prompts);
  if (!Object.hasOwn(model.prompts, name))
    throw new EspalierError(
      "NAME_UNKNOWN",
      `prompt "${name}" is not one of ${names.join(", ") || "the model's, which has none"}${didYouMean(name, names)}`,
    );
  return model.prompts[name] as string;
}

/** The prompt for a question: `query`, else none. */
export function queryPrompt(model: Prompts, options: PromptOptions): PromptOptions {
  return roleOr(model, options, ["query"]);
}

/** The prompt for a text to be found: `document`, else `passage`, else `corpus`, else none. */
export function documentPrompt(model: Prompts, options: PromptOptions): PromptOptions {
  return roleOr(model, options, ["document", "passage", "corpus"]);
}

function roleOr(model: Prompts, options: PromptOptions, names: readonly string[]): PromptOptions {
  if (options.prompt !== undefined || options.promptName !== undefined) return options;
  const promptName = names.find((name) => Object.hasOwn(model.prompts, name));
  return promptName === undefined ? { prompt: "" } : { promptName };
}

/**
 * Tokens of a prompt in front of a text: those of the prompt alone, without the special token that closes every text.
 * @param tokenize as the texts are
 */
export function promptLength(prompt: string, tokenize: (text: string) => Encoding): number {
  const { ids } = tokenize(prompt);
  const closing = tokenize("").ids.at(-1);
  return closing !== undefined && ids.length > 1 && ids.at(-1) === closing
    ? ids.length - 1
    : ids.length;
}
