import { bar, clockTime, count, type Style } from "@espalier/terminal";

export interface ProgressState {
  /** 1 = first. */
  readonly phase: number;
  readonly epoch: number;
  readonly epochs: number;
  /** Steps of the phase. */
  readonly step: number;
  readonly totalSteps: number;
  readonly losses: Readonly<Record<string, number>>;
  readonly sentencesPerSecond: number | undefined;
  readonly etaSeconds: number | undefined;
}

/** `phase 2 ████░░░░  epoch 2/3  step 80/225  domain 0.21  sentiment 0.24  1,140 sentences/s  0:14 left` */
export function progressLine(state: ProgressState, style: Style): string {
  const losses = Object.entries(state.losses).map(
    ([task, loss]) => `${task} ${loss.toFixed(loss < 10 ? 3 : 1)}`,
  );
  return [
    `  phase ${state.phase} ${bar(state.step / state.totalSteps, 20, style)}`,
    `epoch ${state.epoch}/${state.epochs}`,
    `step ${state.step}/${state.totalSteps}`,
    `loss ${losses.join(" · ")}`,
    ...(state.sentencesPerSecond === undefined
      ? []
      : [`${count(state.sentencesPerSecond)} sentences/s`]),
    ...(state.etaSeconds === undefined ? [] : [`${clockTime(state.etaSeconds)} left`]),
  ].join("  ");
}
