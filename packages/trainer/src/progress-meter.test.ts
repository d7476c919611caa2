import { describe, expect, it } from "vitest";
import { startProgressMeter } from "./progress-meter.ts";

describe("startProgressMeter", () => {
  it("knows nothing before the first piece", () => {
    const meter = startProgressMeter(0);
    expect(meter.unitsPerSecond).toBeUndefined();
    expect(meter.etaSeconds(100)).toBeUndefined();
  });

  it("leaves the slow first piece out", () => {
    const meter = startProgressMeter(1000);
    meter.add(32, 6000);
    expect(meter.unitsPerSecond).toBeCloseTo(6.4);
    for (let i = 1; i <= 4; i++) meter.add(32, 6000 + i * 100);
    expect(meter.unitsPerSecond).toBeCloseTo(320);
    expect(meter.etaSeconds(160 + 640)).toBeCloseTo(2);
  });

  it("leaves other work out", () => {
    const meter = startProgressMeter(0);
    meter.add(10, 100);
    meter.add(10, 200);
    meter.skip(5000);
    meter.add(10, 5300);
    expect(meter.unitsPerSecond).toBeCloseTo(100);
  });

  it("follows a change of speed within ten seconds", () => {
    const meter = startProgressMeter(0);
    for (let i = 0; i < 100; i++) meter.add(10, 100 * (i + 1));
    for (let i = 0; i < 30; i++) meter.add(10, 10_000 + 1000 * (i + 1));
    expect(meter.unitsPerSecond).toBeCloseTo(10, 0);
  });
});
