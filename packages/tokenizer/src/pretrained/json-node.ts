import { EspalierError } from "@espalier/core";

/** A value in a parsed JSON file that knows where it stands, for error messages. */
export interface JsonNode {
  readonly value: unknown;
  /** File and path: `dir/tokenizer.json: model.vocab`. */
  readonly place: string;
  get(key: string): JsonNode;
  /** False for null and for a key that is not there. */
  readonly exists: boolean;
  /** @throws {EspalierError} FILE_INVALID for another type than the one named, all of these. */
  object(): Readonly<Record<string, unknown>>;
  list(): JsonNode[];
  string(otherwise?: string): string;
  boolean(otherwise?: boolean): boolean;
  /** A whole number, 0 or more. */
  count(): number;
  number(): number;
}

/** @param place file name first, then the keys */
export function jsonNode(value: unknown, place: string): JsonNode {
  const wrong = (expected: string): EspalierError =>
    new EspalierError("FILE_INVALID", `${place}: expected ${expected}, got ${shown(value)}`);
  const exists = value !== undefined && value !== null;
  return {
    value,
    place,
    exists,
    get(key) {
      const inner = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
      return jsonNode(inner, place.includes(": ") ? `${place}.${key}` : `${place}: ${key}`);
    },
    object() {
      if (!isObject(value)) throw wrong("an object");
      return value;
    },
    list() {
      if (!Array.isArray(value)) throw wrong("a list");
      return value.map((item, i) => jsonNode(item, `${place}[${i}]`));
    },
    string(otherwise) {
      if (!exists && otherwise !== undefined) return otherwise;
      if (typeof value !== "string") throw wrong("a string");
      return value;
    },
    boolean(otherwise) {
      if (!exists && otherwise !== undefined) return otherwise;
      if (typeof value !== "boolean") throw wrong("true or false");
      return value;
    },
    count() {
      if (!Number.isInteger(value) || (value as number) < 0) throw wrong("a whole number from 0");
      return value as number;
    },
    number() {
      if (typeof value !== "number") throw wrong("a number");
      return value;
    },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
