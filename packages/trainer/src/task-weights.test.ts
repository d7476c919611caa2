import { describe, expect, it } from "vitest";
import { taskFactors } from "./task-weights.ts";

describe("taskFactors", () => {
  const tasks = ["domain", "sentiment"];
  it("is 1 for all, or what is given", () => {
    expect(taskFactors("equal", tasks)).toEqual({ domain: 1, sentiment: 1 });
    expect(taskFactors({ sentiment: 0.5 }, tasks)).toEqual({ domain: 1, sentiment: 0.5 });
  });
  it("names a task that is not there and the nearest one", () => {
    expect(() => taskFactors({ sentimant: 1 }, tasks)).toThrow(
      'taskWeights: there is no task "sentimant" (did you mean "sentiment"?); the tasks are domain, sentiment',
    );
  });
  it("refuses negative factors and weights that train nothing", () => {
    expect(() => taskFactors({ domain: -1 }, tasks)).toThrow('the weight of "domain" is -1');
    expect(() => taskFactors({ domain: 0, sentiment: 0 }, tasks)).toThrow("no task has a weight");
  });
});
