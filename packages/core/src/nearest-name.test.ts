import { expect, it } from "vitest";
import { didYouMean, nearestName } from "./nearest-name.ts";

it("offers the closest name and nothing that is far away", () => {
  expect(nearestName("postive", ["negative", "positive"])).toBe("positive");
  expect(nearestName("Domian", ["domain", "sentiment"])).toBe("domain");
  expect(nearestName("xyzzy", ["negative", "positive"])).toBeUndefined();
  expect(nearestName("a", [])).toBeUndefined();
});

it("words the offer for a message", () => {
  expect(didYouMean("postive", ["positive"])).toBe(' (did you mean "positive"?)');
  expect(didYouMean("xyzzy", ["positive"])).toBe("");
});
