import { expect, it } from "vitest";
import { type Contender, interleave } from "./interleave.ts";

function recorded(name: string, log: string[], round: () => number = () => 1): Contender {
  return {
    name,
    async round() {
      log.push(name);
      return round();
    },
  };
}

it("takes turns and leaves the warm-up out", async () => {
  const log: string[] = [];
  let seconds = 0;
  const { timings } = await interleave(
    [recorded("a", log, () => ++seconds), recorded("b", log, () => 7)],
    { rounds: 2, warmup: 1 },
  );
  expect(log.join("")).toBe("ababab");
  expect(timings.get("a")).toEqual([2, 3]);
  expect(timings.get("b")).toEqual([7, 7]);
});

it("goes on without a contender that fails, and says why", async () => {
  const log: string[] = [];
  let rounds = 0;
  const failing = recorded("b", log, () => {
    if (++rounds === 2) throw new Error("out of memory");
    return 1;
  });
  const { timings, failures } = await interleave([recorded("a", log), failing], {
    rounds: 3,
    warmup: 0,
  });
  expect(log.join("")).toBe("ababa");
  expect([...timings.keys()]).toEqual(["a"]);
  expect(failures.get("b")).toMatchObject({ message: "out of memory" });
});

it("fails when the program's own work fails", async () => {
  const own = recorded("a", [], () => {
    throw new Error("broken");
  });
  await expect(interleave([own], { rounds: 1, warmup: 0 })).rejects.toThrow("broken");
});

it("stops between rounds when cancelled", async () => {
  const log: string[] = [];
  const controller = new AbortController();
  const own = recorded("a", log, () => {
    controller.abort();
    return 1;
  });
  await expect(
    interleave([own, recorded("b", log)], { rounds: 5, warmup: 0, signal: controller.signal }),
  ).rejects.toMatchObject({ code: "ABORTED" });
  expect(log).toEqual(["a"]);
});
