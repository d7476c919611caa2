import { EspalierError } from "@espalier/core";
import type { FreezePolicy, FreezeRule } from "./freeze-policy.ts";
import type { FreezeSchedule } from "./freeze-schedule.ts";

/** How long each phase of gradual unfreezing lasts. */
export type PhaseLength = { readonly epochsPerLayer: number } | { readonly stepsPerLayer: number };

/**
 * The usual policies and schedules, each a value that can be printed, saved and combined. The names of those without
 * a schedule are their short forms, which `parsePolicy` reads.
 */
export const freeze: Freeze = {
  none: () => policy("none", []),
  all: () => policy("all", [{ match: {}, trainable: false }]),
  backbone: () => policy("backbone", [{ match: { group: TRUNK }, trainable: false }]),
  head: (task) => policy(`head:${task}`, [{ match: { group: "head", task }, trainable: false }]),
  onlyHead: (task) =>
    policy(`only-head:${task}`, [
      { match: {}, trainable: false },
      { match: { group: "head", task }, trainable: true },
    ]),
  embeddings: () => policy("embeddings", [{ match: { group: "embeddings" }, trainable: false }]),
  layersBelow: (layer) =>
    policy(`layers-below:${layer}`, [{ match: { layersBelow: layer }, trainable: false }]),
  bitfit: () =>
    policy("bitfit", [
      { match: { group: TRUNK }, trainable: false },
      { match: { group: TRUNK, name: "\\.bias$" }, trainable: true },
    ]),
  layerwiseDecay: (factor) =>
    policy(`layerwise-decay:${factor}`, [{ match: {}, lrScale: { layerwiseDecay: factor } }]),
  combine: (...policies) =>
    policy(
      policies.map(({ name }) => name).join(" + "),
      policies.flatMap(({ rules }) => rules),
    ),
  gradual(layers, length) {
    const [unit, each] =
      "epochsPerLayer" in length
        ? (["epoch", length.epochsPerLayer] as const)
        : (["step", length.stepsPerLayer] as const);
    expectCount("gradual unfreezing: layers", layers);
    expectCount(`gradual unfreezing: ${unit}s per layer`, each);
    const policies = Array.from({ length: layers + 1 }, (_, phase) => {
      if (phase === 0) return freeze.backbone();
      return phase === layers ? freeze.none() : freeze.layersBelow(layers - phase);
    });
    return {
      name: `gradual:${each} ${unit}${each === 1 ? "" : "s"} a layer`,
      unit,
      phases: policies.map((policy, phase) => ({ from: phase * each, policy })),
    };
  },
  linearProbeThenFineTune(probe) {
    const [unit, length] =
      "epochs" in probe ? (["epoch", probe.epochs] as const) : (["step", probe.steps] as const);
    expectCount(`linear probe: ${unit}s`, length);
    return {
      name: `lp-ft:${length} ${unit}${length === 1 ? "" : "s"}`,
      unit,
      phases: [
        { from: 0, policy: freeze.backbone() },
        { from: length, policy: freeze.none() },
      ],
    };
  },
};

export interface Freeze {
  /** Full fine-tuning: everything trains. */
  none(): FreezePolicy;
  /** The whole network is fixed: features, clustering, nearest neighbours. */
  all(): FreezePolicy;
  /** The trunk is fixed, every head trains: fast adaptation. */
  backbone(): FreezePolicy;
  /** One head is fixed, everything else trains: asymmetric transfer. */
  head(task: string): FreezePolicy;
  /** Only this head trains: a task added to a finished model. */
  onlyHead(task: string): FreezePolicy;
  /** The embeddings are fixed. */
  embeddings(): FreezePolicy;
  /** The embeddings and the layers `0 .. layer - 1` are fixed. @param layer from 0 to the number of layers */
  layersBelow(layer: number): FreezePolicy;
  /** In the trunk only the biases train (Ben Zaken et al. 2022); heads train whole. */
  bitfit(): FreezePolicy;
  /**
   * Lower layers learn slower: the learning rate's factor is `factor ** (L + 1 - depth)`, where embeddings have depth
   * 0, layer k has k + 1, the pooler L and heads L + 1. Says nothing about what trains, so it combines with the others.
   * @param factor in `(0, 1]`; 0.8 to 0.95 are usual
   */
  layerwiseDecay(factor: number): FreezePolicy;
  /** One policy after the other; where several match, the last one decides. */
  combine(...policies: readonly FreezePolicy[]): FreezePolicy;
  /**
   * Gradual unfreezing (Howard & Ruder 2018): first the heads alone, then one more layer a phase from the top, and in
   * the last phase, with layer 0, everything.
   * @param layers of the trunk
   * @throws {EspalierError} CONFIG_INVALID for a count that is not a whole number from 1
   */
  gradual(layers: number, length: PhaseLength): FreezeSchedule;
  /**
   * LP-FT (Kumar et al. 2022): the heads alone until they are sensible, then everything.
   * @throws {EspalierError} CONFIG_INVALID for a count that is not a whole number from 1
   */
  linearProbeThenFineTune(
    probe: { readonly epochs: number } | { readonly steps: number },
  ): FreezeSchedule;
}

const TRUNK = ["embeddings", "encoder", "pooler"] as const;

function policy(name: string, rules: readonly FreezeRule[]): FreezePolicy {
  return { name, rules };
}

function expectCount(what: string, count: number): void {
  if (!Number.isInteger(count) || count < 1)
    throw new EspalierError("CONFIG_INVALID", `${what}: ${count}, expected a whole number from 1`);
}
