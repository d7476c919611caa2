import { didYouMean, EspalierError } from "@espalier/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Gradients } from "./gradients.ts";
import type {
  Optimizer,
  OptimizerKind,
  OptimizerParameter,
  OptimizerState,
  ParameterState,
} from "./optimizer.ts";
import { expectShape } from "./shape-check.ts";

/** An update rule over numbered slots: the arithmetic of an optimizer without its book-keeping. */
export interface UpdateRule {
  /** Names of the moments that a slot has. */
  readonly momentNames: readonly string[];
  /** @param step gradients, learning rates and update counts (this one included), each in slot order */
  update(step: SlotUpdates): { gradientNorm: number };
  moments(slot: number): Record<string, Float32Array>;
  /** @param moments undefined: back to zero */
  setMoments(slot: number, moments: Readonly<Record<string, Float32Array>> | undefined): void;
  dispose(): void;
}

interface SlotUpdates {
  readonly gradients: readonly (Tensor | undefined)[];
  readonly learningRates: readonly number[];
  readonly updates: readonly number[];
  readonly alsoEvaluate: readonly Tensor[];
}

/**
 * Makes an optimizer of an update rule: names, checks, update counts and state.
 * @throws {EspalierError} CONFIG_INVALID when a name comes twice or a weight decay is not a number ≥ 0
 */
export function namedOptimizer(
  kind: OptimizerKind,
  parameters: readonly OptimizerParameter[],
  createRule: () => UpdateRule,
): Optimizer {
  const slots = slotsByName(parameters);
  const rule = createRule();
  const updates = new Array<number>(parameters.length).fill(0);
  return {
    kind,
    step(gradients, learningRates, options = {}) {
      checkGradients(gradients, parameters, slots);
      const given = parameters.map(({ name }) => gradients[name]);
      const rates = parameters.map(({ name }, slot) =>
        given[slot] === undefined ? 0 : rateOf(name, learningRates),
      );
      for (const [slot, gradient] of given.entries()) {
        if (gradient !== undefined) updates[slot] = (updates[slot] as number) + 1;
      }
      return rule.update({
        gradients: given,
        learningRates: rates,
        updates,
        alsoEvaluate: options.alsoEvaluate ?? [],
      });
    },
    state() {
      const saved: Record<string, ParameterState> = {};
      for (const [slot, { name }] of parameters.entries()) {
        const count = updates[slot] as number;
        if (count > 0) saved[name] = { updates: count, moments: rule.moments(slot) };
      }
      return { kind, parameters: saved };
    },
    load(state) {
      checkState(state, { kind, parameters, slots, momentNames: rule.momentNames });
      for (const [slot, { name }] of parameters.entries()) {
        const saved = state.parameters[name];
        updates[slot] = saved?.updates ?? 0;
        rule.setMoments(slot, saved?.moments);
      }
    },
    dispose: () => rule.dispose(),
  };
}

function slotsByName(parameters: readonly OptimizerParameter[]): Map<string, number> {
  const slots = new Map<string, number>();
  for (const [slot, { name, weightDecay }] of parameters.entries()) {
    if (slots.has(name)) fail("CONFIG_INVALID", `parameter "${name}" is given twice`);
    if (!(weightDecay >= 0)) {
      fail("CONFIG_INVALID", `weight decay of "${name}" is ${weightDecay}, expected >= 0`);
    }
    slots.set(name, slot);
  }
  return slots;
}

function checkGradients(
  gradients: Gradients,
  parameters: readonly OptimizerParameter[],
  slots: ReadonlyMap<string, number>,
): void {
  for (const [name, gradient] of Object.entries(gradients)) {
    const slot = slots.get(name);
    if (slot === undefined) {
      const hint = didYouMean(name, slots.keys());
      fail("NAME_UNKNOWN", `there is a gradient but no parameter "${name}"${hint}`);
    }
    const { variable } = parameters[slot] as OptimizerParameter;
    expectShape(`optimizer: gradient of "${name}"`, gradient, variable.shape);
  }
}

function rateOf(name: string, rates: number | Readonly<Record<string, number>>): number {
  const rate = typeof rates === "number" ? rates : rates[name];
  if (rate === undefined) fail("CONFIG_INVALID", `parameter "${name}" has no learning rate`);
  if (!(rate >= 0 && rate < Infinity)) {
    fail("CONFIG_INVALID", `learning rate of "${name}" is ${rate}, expected >= 0`);
  }
  return rate;
}

function checkState(
  state: OptimizerState,
  expected: {
    kind: OptimizerKind;
    parameters: readonly OptimizerParameter[];
    slots: ReadonlyMap<string, number>;
    momentNames: readonly string[];
  },
): void {
  const { kind, parameters, slots, momentNames } = expected;
  if (state.kind !== kind) {
    fail("CONFIG_INVALID", `the state is of "${state.kind}", this optimizer is "${kind}"`);
  }
  for (const [name, { updates, moments }] of Object.entries(state.parameters)) {
    const slot = slots.get(name);
    if (slot === undefined) {
      const hint = didYouMean(name, slots.keys());
      fail("NAME_UNKNOWN", `there is a state but no parameter "${name}"${hint}`);
    }
    if (!Number.isInteger(updates) || updates < 1) {
      fail("CONFIG_INVALID", `state of "${name}" counts ${updates} updates, expected at least 1`);
    }
    const { size } = (parameters[slot] as OptimizerParameter).variable;
    for (const moment of momentNames) {
      const length = moments[moment]?.length;
      if (length === size) continue;
      fail(
        "SHAPE_MISMATCH",
        `state of "${name}": moment "${moment}" has ${length ?? "no"} values, expected ${size}`,
      );
    }
  }
}

function fail(code: "CONFIG_INVALID" | "NAME_UNKNOWN" | "SHAPE_MISMATCH", what: string): never {
  throw new EspalierError(code, `optimizer: ${what}`);
}
