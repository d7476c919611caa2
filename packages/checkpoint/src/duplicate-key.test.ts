import { expect, it } from "vitest";
import { duplicateKey } from "./duplicate-key.ts";

it("finds a key twice in one object, at any depth", () => {
  expect(duplicateKey('{"a":1,"b":2,"a":3}')).toBe("a");
  expect(duplicateKey('{"x":[{"k":1},{"k":2,"y":{"z":1,"z":2}}]}')).toBe("z");
  expect(duplicateKey('{"a":1,"\\u0061":2}')).toBe("a");
});

it("is not misled by values, nesting or escapes", () => {
  expect(duplicateKey('{"a":"a","b":["a","a"],"c":{"a":1}}')).toBeUndefined();
  expect(duplicateKey('{"a":{"b":1},"b":{"a":1}}')).toBeUndefined();
  expect(duplicateKey('{"a\\"":1,"a":"{\\"a\\":1}"}')).toBeUndefined();
  expect(duplicateKey("[]")).toBeUndefined();
});
