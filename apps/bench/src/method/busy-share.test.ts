import os from "node:os";
import { expect, it, vi } from "vitest";
import { busyShare } from "./busy-share.ts";

function processor(user: number, idle: number): os.CpuInfo {
  return { model: "", speed: 1, times: { user, nice: 0, sys: 0, idle, irq: 0 } };
}

it("is the share of all processors' time that was not idle, in the quietest of three windows", async () => {
  const windows = [
    [processor(100, 900), processor(0, 1000)],
    [processor(190, 910), processor(0, 1100)], // 45 %
    [processor(190, 910), processor(0, 1100)],
    [processor(240, 960), processor(0, 1200)], // 25 %
    [processor(240, 960), processor(0, 1200)],
    [processor(300, 1000), processor(0, 1300)], // 30 %
  ];
  const cpus = vi.spyOn(os, "cpus");
  for (const window of windows) cpus.mockReturnValueOnce(window);
  expect(await busyShare(1)).toBe(0.25);
});

it("is 0 where the system does not say", async () => {
  vi.spyOn(os, "cpus").mockReturnValue([]);
  expect(await busyShare(1)).toBe(0);
});
