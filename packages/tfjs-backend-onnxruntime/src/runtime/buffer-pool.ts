import { type GraphDtype, type HostArray, newArray } from "../graph/value.ts";

/** Arrays that are written by the runtime, given back, and written again: fresh memory costs page faults. */
export interface BufferPool {
  /** An array of any content. */
  take(dtype: GraphDtype, length: number): HostArray;
  /** Bytes at the start of a buffer that also serves other lengths near this one, and ends with a word of eight. */
  takeBytes(length: number): Uint8Array;
  give(dtype: GraphDtype, array: HostArray): void;
  /** Bytes that wait to be taken. */
  readonly bytes: number;
  clear(): void;
}

/** At most an eighth more, and at least one word. */
function roomFor(bytes: number): number {
  const step = 2 ** Math.max(3, Math.floor(Math.log2(Math.max(1, bytes))) - 3);
  return Math.max(1, Math.ceil(bytes / step)) * step;
}

/** @param maxBytes what the pool may hold; arrays that do not fit push out those that waited longest */
export function createBufferPool(maxBytes: number): BufferPool {
  const shelves = new Map<string, HostArray[]>();
  let bytes = 0;
  const evict = (needed: number): void => {
    for (const [key, shelf] of shelves) {
      while (shelf.length > 0 && bytes + needed > maxBytes) {
        bytes -= (shelf.shift() as HostArray).byteLength;
      }
      if (shelf.length > 0) return;
      shelves.delete(key);
    }
  };
  const take = (dtype: GraphDtype, length: number): HostArray => {
    const key = `${dtype}${length}`;
    const shelf = shelves.get(key);
    const array = shelf?.pop();
    if (shelf?.length === 0) shelves.delete(key);
    if (array === undefined) return newArray(dtype, length);
    bytes -= array.byteLength;
    return array;
  };
  return {
    take,
    takeBytes(length) {
      return (take("bool", roomFor(length)) as Uint8Array).subarray(0, length);
    },
    give(dtype, given) {
      const array = dtype === "bool" ? new Uint8Array(given.buffer) : given;
      if (array.byteLength > maxBytes || array.byteLength === 0) return;
      if (bytes + array.byteLength > maxBytes) evict(array.byteLength);
      const key = `${dtype}${array.length}`;
      const shelf = shelves.get(key);
      // Moved to the end: the map's order is the order of last use.
      if (shelf !== undefined) shelves.delete(key);
      const fuller = shelf ?? [];
      fuller.push(array);
      shelves.set(key, fuller);
      bytes += array.byteLength;
    },
    get bytes() {
      return bytes;
    },
    clear() {
      shelves.clear();
      bytes = 0;
    },
  };
}
