import { bytes } from "@espalier/terminal";
import type { Suite } from "./suite.ts";

/** Why a suite can't run in the memory that is free, or nothing. @param available bytes */
export function lackOfMemory(
  { needsBytes }: Suite,
  { quick, available }: { quick: boolean; available: number },
): string | undefined {
  const needed = needsBytes?.[quick ? "quick" : "full"] ?? 0;
  if (available >= needed) return undefined;
  return `too little memory: ${bytes(available)} are free, ${bytes(needed)} are needed`;
}
