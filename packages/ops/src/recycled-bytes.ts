import * as tf from "@tensorflow/tfjs-core";
import { backendOffer } from "./backend-offer.ts";
import { newBytes } from "./dropout-mask.ts";

/** What a tfjs backend may offer beyond kernels: memory that is used again. Looked up on `tf.backend()`. */
export interface RecyclingBackend {
  /**
   * Bytes of any content to make one bool tensor of, which are used again when its values are no longer needed. Their
   * buffer has room for whole words of four bytes.
   */
  takeBytes(length: number): Uint8Array;
}

/** Bytes to make one bool tensor of. New memory for every batch would make the garbage collector run at every batch. */
export function recycledBytes(length: number): Uint8Array {
  const backend = backendOffer<RecyclingBackend>(tf.backend(), "takeBytes");
  return backend === undefined ? newBytes(length) : backend.takeBytes(length);
}
