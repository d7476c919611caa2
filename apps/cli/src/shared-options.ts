import { BACKEND_NAMES, PROVIDERS } from "@espalier/backends";

/** The options every command that computes takes. */
export const backendOptions = {
  backend: {
    kind: "choice",
    choices: BACKEND_NAMES,
    default: "onnxruntime",
    description: "the engine that computes",
  },
  threads: {
    kind: "integer",
    min: 1,
    description: "threads of the onnxruntime engine; all physical cores when left out",
  },
  provider: {
    kind: "choice",
    choices: PROVIDERS,
    description: "where the onnxruntime engine computes; cpu when left out",
  },
} as const;

export const jsonOption = {
  json: { kind: "flag", description: "one JSON document on stdout instead of text" },
} as const;
