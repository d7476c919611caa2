import { createCipheriv, createHash } from "node:crypto";

/**
 * A stream of random values that is a pure function of a seed and a path of labels.
 *
 * The stream is AES-128 in counter mode (NIST SP 800-38A); forks take a new key, so the draws of one
 * fork never depend on how much another one drew. Resuming a run needs only the seed and the labels.
 */
export interface Rng {
  /** An independent stream for this label, the same one however often it is asked for. */
  fork(label: string | number): Rng;
  /** Uniform integer in `[0, 2^32)`. */
  uint32(): number;
  /** Uniform float in `[0, 1)` with 32 random bits. */
  uniform(): number;
  /** Standard normal value (Box–Muller). */
  normal(): number;
  /** A permutation of `0 .. length - 1` (Fisher–Yates). */
  permutation(length: number): Int32Array;
  /** `length` uniform bytes, at several GB/s. */
  bytes(length: number): Uint8Array;
}

const BLOCK_BYTES = 4096;

/** Starts the stream of a seed. @param seed any finite number */
export function createRng(seed: number): Rng {
  return fromKey(digest(`espalier:${seed}`));
}

function fromKey(key: Buffer): Rng {
  const cipher = createCipheriv("aes-128-ctr", key, Buffer.alloc(16));
  let block: DataView = new DataView(new ArrayBuffer(0));
  let offset = 0;
  const rng: Rng = {
    fork: (label) => fromKey(digest(`${key.toString("hex")}:${typeof label}:${label}`)),
    uint32() {
      if (offset >= block.byteLength) {
        const bytes = rng.bytes(BLOCK_BYTES);
        block = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        offset = 0;
      }
      offset += 4;
      return block.getUint32(offset - 4, true);
    },
    uniform: () => rng.uint32() / 2 ** 32,
    normal: () =>
      Math.sqrt(-2 * Math.log(1 - rng.uniform())) * Math.cos(2 * Math.PI * rng.uniform()),
    permutation(length) {
      const order = Int32Array.from({ length }, (_, i) => i);
      for (let i = length - 1; i > 0; i--) {
        const j = Math.floor(rng.uniform() * (i + 1));
        const kept = order[i] as number;
        order[i] = order[j] as number;
        order[j] = kept;
      }
      return order;
    },
    bytes(length) {
      const encrypted = cipher.update(zeroBytes(length));
      return new Uint8Array(encrypted.buffer, encrypted.byteOffset, encrypted.byteLength);
    },
  };
  return rng;
}

let zeros = Buffer.alloc(0);

/** The same memory at every call: what is allocated for each mask of dropout makes the garbage collector run. */
function zeroBytes(length: number): Buffer {
  if (zeros.length < length) zeros = Buffer.alloc(length);
  return zeros.subarray(0, length);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest().subarray(0, 16);
}
