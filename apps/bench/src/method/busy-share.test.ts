import os from "node:os";
import { expect, it, vi } from "vitest";
import { busyShare } from "./busy-share.ts";

function processor(user: number, idle: number): os.CpuInfo {
  return { model: "", speed: 1, times: { user, nice: 0, sys: 0, idle, irq: 0 } };
}

it("is the share of all processors' time that was not idle", async () => {
  vi.spyOn(os, "cpus")
    .mockReturnValueOnce([processor(100, 900), processor(0, 1000)])
    .mockReturnValueOnce([processor(150, 950), processor(0, 1100)]);
  expect(await busyShare(1)).toBe(0.25);
});

it("is 0 where the system does not say", async () => {
  vi.spyOn(os, "cpus").mockReturnValue([]);
  expect(await busyShare(1)).toBe(0);
});
