import { homedir } from "node:os";
import { join } from "node:path";

/** Environment variables, `process.env` or a stand-in. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where downloaded models are kept: `ESPALIER_CACHE`, else the platform's cache folder
 * (`$XDG_CACHE_HOME/espalier` or `~/.cache/espalier`, `~/Library/Caches/espalier`, `%LOCALAPPDATA%\espalier\Cache`).
 */
export function defaultCacheDirectory(environment: Environment = process.env): string {
  if (environment.ESPALIER_CACHE) return environment.ESPALIER_CACHE;
  if (process.platform === "win32")
    return join(
      environment.LOCALAPPDATA || join(homedir(), "AppData", "Local"),
      "espalier",
      "Cache",
    );
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "espalier");
  return join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "espalier");
}
