import { type SafetensorsEntries, safetensorsParts } from "./encode-safetensors.ts";
import { writeFileAtomic } from "./write-file-atomic.ts";

/**
 * Writes a safetensors file atomically: `path` holds the old content or the whole new one.
 * @param content `tensors` by name; `metadata` default `{ format: "pt" }`
 * @throws {EspalierError} as `encodeSafetensors`
 */
export function writeSafetensors(
  path: string,
  content: { tensors: SafetensorsEntries; metadata?: Readonly<Record<string, string>> },
): Promise<void> {
  return writeFileAtomic(path, safetensorsParts(content.tensors, content.metadata));
}
