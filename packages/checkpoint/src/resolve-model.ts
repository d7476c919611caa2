import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { EspalierError } from "@espalier/core";
import { defaultCacheDirectory, type Environment } from "./cache-directory.ts";
import {
  cachedSnapshot,
  type DownloadProgress,
  downloadModel,
  type HubOptions,
  modelCache,
} from "./hub-download.ts";
import { recoverDirectory } from "./write-directory-atomic.ts";

export interface ResolveModelOptions {
  /** Default `defaultCacheDirectory()`. */
  readonly cacheDirectory?: string;
  /** Branch, tag or commit on the Hub. Default `main`; once downloaded, a branch stays at that commit. */
  readonly revision?: string;
  /** Never use the network. Default: `HF_HUB_OFFLINE=1`. */
  readonly offline?: boolean;
  /** Default `HF_ENDPOINT`, else `https://huggingface.co`. */
  readonly hubUrl?: string;
  /** For private and gated models. Default none. */
  readonly accessToken?: string;
  /** Default the platform's. */
  readonly fetch?: typeof fetch;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  /** Default `process.env`. */
  readonly environment?: Environment;
}

/**
 * The local directory of a model: an existing directory itself, or the snapshot of a Hugging Face Hub model
 * (`distilbert-base-uncased`, `sentence-transformers/all-MiniLM-L6-v2`) from the cache. A model that is not in the
 * cache is downloaded, whole or not at all; a cached one needs no network.
 * @returns an absolute path
 * @throws {EspalierError} FILE_NOT_FOUND when the name is neither, FILE_INVALID when it is a file, NETWORK_FAILED when
 *   the model is not cached and cannot be downloaded, UNSUPPORTED when it has no safetensors weights, ABORTED
 */
export async function resolveModel(
  nameOrDirectory: string,
  options: ResolveModelOptions = {},
): Promise<string> {
  const local = await localDirectory(nameOrDirectory);
  if (local !== undefined) return local;
  const environment = options.environment ?? process.env;
  const hub: HubOptions = {
    revision: options.revision ?? "main",
    hubUrl: (options.hubUrl || environment.HF_ENDPOINT || HUB_URL).replace(/\/+$/, ""),
    fetch: withSignal(options.fetch ?? fetch, options.signal),
    ...(options.accessToken === undefined ? {} : { accessToken: options.accessToken }),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  };
  if (!isHubName(nameOrDirectory))
    throw notFound(
      nameOrDirectory,
      "the name of a Hugging Face model has the form name or organisation/name",
    );
  const cacheDirectory = resolve(options.cacheDirectory ?? defaultCacheDirectory(environment));
  const folder = modelCache(cacheDirectory, nameOrDirectory);
  const cached = await cachedSnapshot(folder, hub.revision);
  if (cached !== undefined) return cached;
  const place = { model: nameOrDirectory, folder, hub };
  const offline = options.offline ?? ["1", "true"].includes(environment.HF_HUB_OFFLINE ?? "");
  if (offline) throw unreachable(place, "downloads are switched off");
  try {
    return await downloadModel(nameOrDirectory, { cacheDirectory, folder }, hub);
  } catch (error) {
    throw options.signal?.aborted === true ? aborted(place, error) : explain(error, place);
  }
}

const HUB_URL = "https://huggingface.co";

async function localDirectory(path: string): Promise<string | undefined> {
  if (path === "") return undefined;
  await recoverDirectory(path);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isDirectory())
    throw new EspalierError("FILE_INVALID", `${path}: is a file, expected a model directory`);
  return resolve(path);
}

function withSignal(inner: typeof fetch, signal: AbortSignal | undefined): typeof fetch {
  return signal === undefined ? inner : (input, init) => inner(input, { ...init, signal });
}

function isHubName(name: string): boolean {
  return /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/.test(name) && !/--|\.\./.test(name);
}

interface Place {
  readonly model: string;
  readonly folder: string;
  readonly hub: HubOptions;
}

function explain(error: unknown, place: Place): EspalierError {
  const { model, hub } = place;
  if (EspalierError.isInstance(error) && error.code !== "NETWORK_FAILED") return error;
  const status = (error as { statusCode?: number }).statusCode;
  if (status === 404 || status === 401 || status === 403)
    return notFound(
      model,
      `${hub.hubUrl} has no model of that name and revision ${JSON.stringify(hub.revision)} that is open to you (HTTP ${status})`,
      error,
    );
  return unreachable(place, reason(error), error);
}

/** `fetch failed` alone says nothing; what failed is in the cause. */
function reason(error: unknown): string {
  const { message, cause } = error as {
    message?: string;
    cause?: { message?: string; code?: string };
  };
  const inner = cause?.message || cause?.code;
  return inner === undefined || message?.includes(inner) ? String(message) : `${message}: ${inner}`;
}

function aborted({ model, hub }: Place, cause: unknown): EspalierError {
  return new EspalierError("ABORTED", `${model}: the download from ${hub.hubUrl} was cancelled`, {
    cause,
  });
}

function notFound(name: string, hubReason: string, cause?: unknown): EspalierError {
  return new EspalierError(
    "FILE_NOT_FOUND",
    `${name}: there is no such directory (${resolve(name)}), and ${hubReason}`,
    { cause },
  );
}

function unreachable(place: Place, why: string, cause?: unknown): EspalierError {
  const { model, folder, hub } = place;
  return new EspalierError(
    "NETWORK_FAILED",
    `${model}: is no local directory, is not in the cache (${folder}, revision ${hub.revision}) and was not downloaded from ${hub.hubUrl}: ${why}; ` +
      `"use-lite" is embedded and needs no download`,
    { cause },
  );
}
