import { bytes, duration, type Output } from "@espalier/terminal";
import type { EvaluationReport, TrainEvent } from "@espalier/trainer";
import { progressLine } from "./progress-line.ts";

/** Says on the terminal what happens while training: a live line, and one line a finished phase. */
export function narrateTraining(output: Output): (event: TrainEvent) => void {
  let phase = { firstStep: 0, steps: 1 };
  let step = 0;
  let latest: EvaluationReport | undefined;
  return (event) => {
    switch (event.type) {
      case "phase-start":
        phase = { firstStep: step, steps: event.steps };
        return;
      case "cache":
        output.progress(`  trunk computed once: ${event.done} of ${event.total} texts`);
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
        output.progress(
          `  phase ${event.phase.index + 1}  epoch ${event.epoch}  accuracy ${accuracies(latest)}`,
        );
        return;
      case "phase-end": {
        const { ended, steps, seconds, cacheBytes } = event;
        const facts = [
          `${steps} steps in ${duration(seconds)}${ended === "stagnated" ? " (no gain any more)" : ""}`,
          ...(latest === undefined ? [] : [`accuracy ${accuracies(latest)}`]),
          ...(cacheBytes > 0 ? [`cache ${bytes(cacheBytes)}`] : []),
        ];
        output.say(`  phase ${event.phase.index + 1}  ${event.phase.name}: ${facts.join(" · ")}`);
        return;
      }
      default:
    }
  };
}

function accuracies(report: EvaluationReport): string {
  return Object.entries(report.tasks)
    .map(([task, { metrics }]) => `${task} ${metrics.accuracy?.toFixed(3)}`)
    .join(" · ");
}
