import { EspalierError } from "@espalier/core";
import { bytes } from "@espalier/terminal";
import type { Suite } from "./suite.ts";

/**
 * @param available bytes that are free
 * @throws {EspalierError} BACKEND_FAILED when the suite needs more
 */
export function expectMemory(
  { needsBytes }: Suite,
  { quick, available }: { quick: boolean; available: number },
): void {
  const needed = needsBytes?.[quick ? "quick" : "full"] ?? 0;
  if (available < needed)
    throw new EspalierError(
      "BACKEND_FAILED",
      `too little memory: ${bytes(available)} are free, ${bytes(needed)} are needed`,
    );
}
