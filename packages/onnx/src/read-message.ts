import type protobuf from "protobufjs/minimal.js";

export type Reader = protobuf.Reader;
type FieldReader = (reader: Reader, wireType: number) => unknown;

/** Wire type of bytes, texts, nested messages and packed numbers. */
const LENGTH = 2;

/**
 * Reads one message; fields without a handler are skipped.
 * @param fields by field number, what to do when the reader stands at a value of that field
 * @param end where the message ends; by default its length comes first, as for a nested message
 */
export function readMessage(
  reader: Reader,
  fields: Readonly<Record<number, FieldReader>>,
  end: number = reader.uint32() + reader.pos,
): void {
  if (end > reader.len) throw new RangeError(`a message ends at byte ${end} of ${reader.len}`);
  while (reader.pos < end) {
    const tag = reader.uint32();
    const read = fields[tag >>> 3];
    if (read === undefined) {
      reader.skipType(tag & 7);
    } else {
      read(reader, tag & 7);
    }
  }
}

/** Collects a repeated number, written one by one or packed. */
export function repeated(into: number[], readOne: (reader: Reader) => number): FieldReader {
  return (reader, wireType) => {
    if (wireType !== LENGTH) {
      into.push(readOne(reader));
      return;
    }
    const end = reader.uint32() + reader.pos;
    while (reader.pos < end) into.push(readOne(reader));
  };
}

/** An int64 of the file as a number; sizes, versions and enumerations stay far below 2^53. */
export function integer(value: number | { toString(): string }): number {
  return Number(value.toString());
}
