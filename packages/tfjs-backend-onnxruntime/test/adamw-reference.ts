/** One step of AdamW in double precision, written after the paper (Loshchilov, Hutter 2019, algorithm 2). */
export function optimStep(
  state: { weights: Float64Array; first: Float64Array; second: Float64Array },
  gradient: Float64Array,
  how: {
    beta1: number;
    beta2: number;
    epsilon: number;
    rate: number;
    decay: number;
    times: number;
  },
): void {
  const { beta1, beta2, epsilon, rate, decay, times } = how;
  for (let i = 0; i < gradient.length; i++) {
    const g = gradient[i]!;
    state.first[i] = beta1 * state.first[i]! + (1 - beta1) * g;
    state.second[i] = beta2 * state.second[i]! + (1 - beta2) * g * g;
    const first = state.first[i]! / (1 - beta1 ** times);
    const second = state.second[i]! / (1 - beta2 ** times);
    const weight = state.weights[i]!;
    state.weights[i] = weight - rate * (first / (Math.sqrt(second) + epsilon) + decay * weight);
  }
}
