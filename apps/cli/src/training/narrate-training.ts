import type { AnyHead } from "@espalier/heads";
import { bytes, duration, type Output } from "@espalier/terminal";
import type { EvaluationEvent, EvaluationReport, TrainEvent } from "@espalier/trainer";
import { mainMeasures } from "../measures.ts";
import { progressLine } from "./progress-line.ts";

/** Says on the terminal what happens while training: a live line, and one line a finished phase. */
export function narrateTraining(
  output: Output,
  heads: Readonly<Record<string, AnyHead>>,
): (event: TrainEvent) => void {
  const scores = (report: EvaluationReport): string =>
    mainMeasures(report.tasks, (task) => (heads[task] as AnyHead).kind);
  let phase = { firstStep: 0, steps: 1 };
  let started = false;
  let step = 0;
  let latest: EvaluationReport | undefined;
  let factors: EvaluationEvent["taskFactors"];
  return (event) => {
    switch (event.type) {
      case "phase-start":
        phase = { firstStep: step, steps: event.steps };
        started = true;
        return;
      case "cache":
        output.progress(`  trunk computed once: ${event.done} of ${event.total} texts`);
        // Before the first phase it is the baselines that need the trunk's vectors.
        if (!started && event.done === event.total)
          output.progress("  fitting the baselines on these vectors");
        return;
      case "step":
        step = event.step;
        output.progress(
          progressLine(
            {
              ...event,
              phase: event.phase.index + 1,
              step: step - phase.firstStep,
              totalSteps: phase.steps,
            },
            output.style,
          ),
        );
        return;
      case "evaluation":
        latest = event.report;
        factors = event.taskFactors;
        output.progress(
          `  phase ${event.phase.index + 1}  epoch ${event.epoch}  ${scores(latest)}`,
        );
        return;
      case "phase-end": {
        const { ended, steps, seconds, cacheBytes } = event;
        const facts = [
          `${steps} steps in ${duration(seconds)}${ended === "stagnated" ? " (no gain any more)" : ""}`,
          ...(latest === undefined ? [] : [`${scores(latest)}`]),
          ...(factors === undefined ? [] : [`factors ${listed(factors)}`]),
          ...(cacheBytes > 0 ? [`cache ${bytes(cacheBytes)}`] : []),
        ];
        output.say(`  phase ${event.phase.index + 1}  ${event.phase.name}: ${facts.join(" · ")}`);
        return;
      }
      default:
    }
  };
}

function listed(factors: Readonly<Record<string, number>>): string {
  return Object.entries(factors)
    .map(([task, factor]) => `${task} ${factor.toFixed(2)}`)
    .join(" · ");
}
