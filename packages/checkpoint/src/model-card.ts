/** What the front matter of a model card says; every field is optional. */
export interface ModelCard {
  /** Hub id of the model this one was trained from. */
  readonly baseModel?: string;
  /** ISO 639-1 codes. */
  readonly languages?: readonly string[];
  /** Identifier such as `apache-2.0`. */
  readonly license?: string;
  /** Added to the tags that every sentence-transformers model has. */
  readonly tags?: readonly string[];
  /** Markdown below the front matter. */
  readonly body?: string;
}

const TAGS = ["sentence-transformers", "sentence-similarity", "feature-extraction"];

/** The README.md of a model: YAML front matter as the Hub reads it, then the body. */
export function modelCard(card: ModelCard = {}): string {
  const lines = [
    "---",
    "library_name: sentence-transformers",
    "pipeline_tag: sentence-similarity",
    ...list("tags", [...new Set([...TAGS, ...(card.tags ?? [])])]),
    ...(card.baseModel === undefined ? [] : [`base_model: ${scalar(card.baseModel)}`]),
    ...list("language", card.languages ?? []),
    ...(card.license === undefined ? [] : [`license: ${scalar(card.license)}`]),
    "---",
    "",
    card.body ?? "# Sentence transformer\n\nEncodes a text as one vector.",
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function list(key: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`${key}:`, ...values.map((value) => `- ${scalar(value)}`)];
}

/** Plain where YAML cannot read it as anything else ("no" is a boolean), quoted as JSON otherwise. */
function scalar(value: string): string {
  const plain = /^[a-z][\w./-]{2,}$/i.test(value) && !/^(true|false|yes|off|null)$/i.test(value);
  return plain ? value : JSON.stringify(value);
}
