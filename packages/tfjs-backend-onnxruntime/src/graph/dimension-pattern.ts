/**
 * Which of a graph's dimensions are fixed and which vary, learnt from the shapes it has met: a graph that is met once is
 * compiled for its shape alone, the second shape makes every dimension symbolic that differs, those that changed alike
 * sharing a symbol. So weights keep their shapes, and batches of any size share one compiled graph.
 */
export interface DimensionPattern {
  /** What fixed positions hold; at the others, the dimensions met last. */
  readonly values: Int32Array;
  /** -1 where a position is fixed, else the first position with the same symbol. */
  readonly leaders: Int32Array;
}

/** A pattern in which nothing varies. */
export function fixedDimensions(values: Int32Array): DimensionPattern {
  return { values, leaders: new Int32Array(values.length).fill(-1) };
}

/** Whether dimensions have the fixed values, and one value a symbol. */
export function covers({ values, leaders }: DimensionPattern, dimensions: Int32Array): boolean {
  if (dimensions.length !== values.length) return false;
  for (let i = 0; i < dimensions.length; i++) {
    const leader = leaders[i] as number;
    if (dimensions[i] !== (leader < 0 ? values[i] : dimensions[leader])) return false;
  }
  return true;
}

/** The narrowest pattern that covers what `pattern` does and also these dimensions, of the same number. */
export function widened(pattern: DimensionPattern, dimensions: Int32Array): DimensionPattern {
  const first = new Map<string, number>();
  const leaders = dimensions.map((value, i) => {
    const leader = pattern.leaders[i] as number;
    if (leader < 0 && pattern.values[i] === value) return -1;
    const before = leader < 0 ? `fixed ${pattern.values[i]}` : `symbol ${leader}`;
    const kind = `${before}, ${value}`;
    const known = first.get(kind);
    if (known !== undefined) return known;
    first.set(kind, i);
    return i;
  });
  return { values: dimensions, leaders };
}
