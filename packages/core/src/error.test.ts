import { expect, it } from "vitest";
import { EspalierError } from "./error.ts";

it("recognises its own errors and keeps code and cause", () => {
  const cause = new Error("inner");
  const error = new EspalierError("SHAPE_MISMATCH", "x", { cause });
  expect(EspalierError.isInstance(error)).toBe(true);
  expect(error.code).toBe("SHAPE_MISMATCH");
  expect(error.cause).toBe(cause);
});

it("does not take other errors for its own", () => {
  expect(EspalierError.isInstance(new Error("x"))).toBe(false);
  expect(EspalierError.isInstance(null)).toBe(false);
});
