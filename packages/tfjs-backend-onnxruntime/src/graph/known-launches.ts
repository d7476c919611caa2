import {
  flatDimensions,
  type Launch,
  nextPlan,
  type Plan,
  shapesOfSteps,
  steadyNumber,
} from "./plan.ts";
import { sameNumbers } from "./same-numbers.ts";
import { type Deferred, knownData, type Value } from "./value.ts";

/** How recorded functions were launched before, so that another call of them needs no nodes and no planning. */
export interface KnownLaunches {
  /** The launch of values that one call of a recorded function has, if one like it was planned before. */
  find(targets: readonly Value[], pending: ReadonlySet<Value>): Launch | undefined;
  /** Makes a plan and keeps what another call needs of it. */
  remember(targets: readonly Value[], pending: ReadonlySet<Value>, plan: () => Plan): Plan;
}

/** A plan with the numbers of a recorded function in place of values. */
interface KnownLaunch {
  /** The targets, then what else is held. */
  readonly roles: Int32Array;
  readonly feeds: readonly KnownFeed[];
  readonly outputs: readonly NumberedValue[];
  /** The shapes of steps: places in the shapes of a call, or the shape itself where it is always the same. */
  readonly stepShapes: readonly (number | readonly number[])[];
  readonly key: Int32Array;
  readonly hash: number;
}

interface NumberedValue {
  readonly number: number;
  /** Its number in the plan, and so its name in the graph. */
  readonly id: number;
}

interface KnownFeed extends NumberedValue {
  readonly isSteady: boolean;
  readonly isConstant: boolean;
}

/** Of one recorded function, which someone may read in different ways. */
const MAX_LAUNCHES = 4;

export function createKnownLaunches(): KnownLaunches {
  const byTemplate = new WeakMap<object, readonly KnownLaunch[]>();
  return {
    find(targets, pending) {
      const call = targets[0]?.deferred;
      const candidates = call && byTemplate.get(call.template);
      if (call === undefined || candidates === undefined) return undefined;
      const roles = rolesIn(call, targets, pending);
      if (roles === undefined) return undefined;
      for (const known of candidates) {
        if (!sameNumbers(known.roles, roles)) continue;
        const launch = launchAgain(call, known);
        if (launch !== undefined) return launch;
      }
      return undefined;
    },
    remember(targets, pending, makePlan) {
      const call = targets[0]?.deferred;
      if (call === undefined) return makePlan();
      const roles = rolesIn(call, targets, pending);
      const plan = makePlan();
      const known = roles && knownLaunch(call, roles, plan);
      if (known !== undefined) {
        const others = (byTemplate.get(call.template) ?? []).filter(
          ({ roles }) => !sameNumbers(roles, known.roles),
        );
        byTemplate.set(call.template, [known, ...others].slice(0, MAX_LAUNCHES));
      }
      return plan;
    },
  };
}

/** Undefined where one of the values is not of this call. */
function rolesIn(
  call: Deferred,
  targets: readonly Value[],
  pending: ReadonlySet<Value>,
): Int32Array | undefined {
  const roles: number[] = [];
  for (const values of [targets, pending]) {
    for (const value of values) {
      const number = value.deferred === call ? call.numberOf(value) : undefined;
      if (number === undefined) return undefined;
      roles.push(number);
    }
    roles.push(-1);
  }
  return Int32Array.from(roles);
}

/** Undefined where the plan has values of others, or two of the call's are one. */
function knownLaunch(call: Deferred, roles: Int32Array, plan: Plan): KnownLaunch | undefined {
  const numbers = new Map(call.values.map((value, number) => [value, number]));
  if (numbers.size !== call.values.length) return undefined;
  const made = plan.steps.flatMap((step) => ("outputs" in step ? step.outputs : [step]));
  if (![...plan.feeds, ...made].every((value) => numbers.has(value))) return undefined;
  const numbered = (value: Value): NumberedValue => ({
    number: numbers.get(value) as number,
    id: value.id,
  });
  const places = new Map(call.shapes.map((shape, place) => [shape, place]));
  return {
    roles,
    feeds: plan.feeds.map((feed) => ({
      ...numbered(feed),
      isSteady: steadyNumber(feed) > 0,
      isConstant: plan.constants.has(feed),
    })),
    outputs: plan.outputs.map(numbered),
    stepShapes: [...shapesOfSteps(plan.steps)].map((shape) => places.get(shape) ?? shape),
    key: plan.key,
    hash: plan.hash,
  };
}

/** Undefined where this call needs a plan of its own: something it reads has to be computed, or is given twice. */
function launchAgain(call: Deferred, known: KnownLaunch): Launch | undefined {
  const plan = nextPlan();
  const place = ({ number, id }: NumberedValue): Value => {
    const value = call.valueAt(number);
    value.plan = plan;
    value.id = id;
    return value;
  };
  const feeds: Value[] = [];
  const constants = new Set<Value>();
  for (const feed of known.feeds) {
    const value = call.valueAt(feed.number);
    if (value.plan === plan || knownData(value) === undefined) return undefined;
    if (steadyNumber(value) > 0 !== feed.isSteady) return undefined;
    feeds.push(place(feed));
    if (feed.isConstant) constants.add(value);
  }
  const outputs = known.outputs.map(place);
  const stepShapes = known.stepShapes.map((shape) =>
    typeof shape === "number" ? (call.shapes[shape] as readonly number[]) : shape,
  );
  return {
    feeds,
    constants,
    outputs,
    key: known.key,
    hash: known.hash,
    dimensions: flatDimensions([...feeds.map(({ shape }) => shape), ...stepShapes]),
    steady: Int32Array.from(feeds, steadyNumber),
  };
}
