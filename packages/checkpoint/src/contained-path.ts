import { posix } from "node:path";

/**
 * True for a relative path (forward slashes) that stays inside the folder it is relative to. Names found inside
 * files are checked with it before they are followed or written.
 */
export function isContainedPath(path: string): boolean {
  if (path.includes("\\") || path.includes("\0") || posix.isAbsolute(path)) return false;
  if (/^[A-Za-z]:/.test(path)) return false; // a Windows drive
  return !path.split("/").includes("..");
}
