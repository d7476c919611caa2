import type { Style } from "./output.ts";

/**
 * A horizontal bar of a share.
 * @param share in `[0, 1]`
 * @param width in characters
 */
export function bar(share: number, width: number, style: Style): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  const [full, empty] = style.unicode ? ["█", "░"] : ["#", "."];
  return full.repeat(filled) + style.dim(empty.repeat(width - filled));
}
