import { expect, it } from "vitest";
import { bar } from "./bar.ts";
import { bytes, clockTime, count, duration, magnitude } from "./quantity.ts";
import { table } from "./table.ts";

const plain = { bold: id, dim: id, good: id, bad: id, accent: id, unicode: false };
function id(text: string): string {
  return text;
}

it("aligns columns, colour and wide letters not counted wrong", () => {
  const lines = table(
    [
      { title: "", align: "left" },
      { title: "accuracy", align: "right" },
    ],
    [
      ["\x1b[1mdomain\x1b[22m", "0.91"],
      ["é", "0.9"],
    ],
  );
  expect(lines).toEqual([
    "           accuracy",
    "  \x1b[1mdomain\x1b[22m       0.91",
    "  é             0.9",
  ]);
});

it("draws shares and stays inside the bar", () => {
  expect(bar(0.5, 4, plain)).toBe("##..");
  expect(bar(2, 4, plain)).toBe("####");
  expect(bar(-1, 4, plain)).toBe("....");
});

it("words quantities", () => {
  expect(count(3000)).toBe("3,000");
  expect(magnitude(4_900_000)).toBe("4.9 M");
  expect(magnitude(1539)).toBe("1,539");
  expect(bytes(6_200_000)).toBe("6 MB");
  expect(clockTime(14.2)).toBe("0:14");
  expect(clockTime(3723)).toBe("1:02:03");
  expect(duration(41)).toBe("41 s");
  expect(duration(200)).toBe("3 min 20 s");
});
