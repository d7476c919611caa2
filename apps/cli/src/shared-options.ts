import { BACKEND_NAMES, PROVIDERS, type StartOptions, startBackend } from "@espalier/backends";

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
  "check-numbers": {
    kind: "flag",
    description: "stop at the first operation that makes NaN or infinity, and name it (slower)",
  },
} as const;

/** Starts the engine that the options ask for. @throws {EspalierError} as `startBackend` */
export function startEngine(
  options: { readonly backend: string; readonly "check-numbers": boolean } & StartOptions,
): Promise<void> {
  const { threads, provider, "check-numbers": checked } = options;
  return startBackend(options.backend, {
    threads,
    provider,
    checkNumbers: checked ? true : undefined,
  });
}

export const jsonOption = {
  json: { kind: "flag", description: "one JSON document on stdout instead of text" },
} as const;
