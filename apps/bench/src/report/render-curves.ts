import type { Measurement } from "./bench-report.ts";
import { escaped } from "./escaped.ts";
import { quantity } from "./quantities.ts";

const WIDTH = 520;
const HEIGHT = 240;
const LEFT = 70;
const RIGHT = 120;
const TOP = 12;
const BOTTOM = 34;

/** Measurements that are points of growth curves as one plot a variable, both axes logarithmic. */
export function renderCurves(measurements: readonly Measurement[]): string {
  const curves = new Map<string, Measurement[]>();
  for (const one of measurements)
    if (one.curve !== undefined)
      curves.set(one.curve.variable, [...(curves.get(one.curve.variable) ?? []), one]);
  const plots = [...curves].map(([variable, points]) => plot(variable, points));
  return plots.length === 0 ? "" : `<div class="plots">\n${plots.join("\n")}\n</div>`;
}

interface Point {
  readonly value: number;
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

function plot(variable: string, measurements: readonly Measurement[]): string {
  const lines = new Map<string, Point[]>();
  for (const { series, limit, curve } of measurements) {
    const value = curve?.value as number;
    const add = (name: string, point: Omit<Point, "value">): void =>
      void lines.set(name, [...(lines.get(name) ?? []), { value, ...point }]);
    for (const one of series) add(one.contender, one);
    if (limit !== undefined)
      add("limit", { median: limit.seconds, low: limit.seconds, high: limit.seconds });
  }
  const points = [...lines.values()].flat();
  const x = scale(
    points.map(({ value }) => value),
    [LEFT, WIDTH - RIGHT],
  );
  const y = scale(
    points.flatMap(({ low, high }) => [low, high]),
    [HEIGHT - BOTTOM, TOP],
  );
  const values = [...new Set(points.map(({ value }) => value))];
  const bottom = HEIGHT - BOTTOM;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(`seconds by ${variable}`)}">`,
    `<path class="axis" fill="none" d="M${LEFT - 6},${TOP - 6} V${bottom + 3} H${WIDTH - RIGHT + 4}"/>`,
    ...values.map(
      (value) =>
        `<text class="dim middle" x="${x(value).toFixed(1)}" y="${bottom + 16}">${value}</text>`,
    ),
    `<text class="dim middle" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 2}">${escaped(variable)}</text>`,
    ...extremes(points).map(
      (value) =>
        `<text class="dim end" x="${LEFT - 8}" y="${(y(value) + 4).toFixed(1)}">${quantity(value, "seconds")}</text>`,
    ),
    ...labelPlaces(lines, y).map(({ name, top, line }, i) =>
      path(name, line, { x, y, top, own: i === 0 }),
    ),
    "</svg>",
  ].join("\n");
}

function path(
  name: string,
  points: readonly Point[],
  place: { x: Scale; y: Scale; top: number; own: boolean },
): string {
  const { x, y, top, own } = place;
  const kind = own ? "own" : name === "limit" ? "limit" : "other";
  const line = points
    .map(({ value, median }) => `${x(value).toFixed(1)},${y(median).toFixed(1)}`)
    .join(" ");
  const whiskers = points
    .filter(({ low, high }) => high > low)
    .map(({ value, low, high }) => {
      const at = x(value).toFixed(1);
      return `<line x1="${at}" x2="${at}" y1="${y(low).toFixed(1)}" y2="${y(high).toFixed(1)}"/>`;
    });
  return [
    `<polyline class="curve ${kind}" points="${line}"/>`,
    ...whiskers,
    `<text x="${WIDTH - RIGHT + 8}" y="${(top + 4).toFixed(1)}">${escaped(name)}</text>`,
  ].join("\n");
}

const LABEL_HEIGHT = 14;

/** Names beside the ends of their lines, moved apart where they would overlap. */
function labelPlaces(
  lines: ReadonlyMap<string, readonly Point[]>,
  y: Scale,
): { name: string; line: readonly Point[]; top: number }[] {
  const places = Array.from(lines, ([name, line]) => ({
    name,
    line,
    top: y(line.at(-1)?.median as number),
  }));
  let least = Number.NEGATIVE_INFINITY;
  for (const place of places.toSorted((a, b) => a.top - b.top)) {
    place.top = Math.max(place.top, least);
    least = place.top + LABEL_HEIGHT;
  }
  return places;
}

function extremes(points: readonly Point[]): number[] {
  const medians = points.map(({ median }) => median);
  return [Math.min(...medians), Math.max(...medians)];
}

type Scale = (value: number) => number;

function scale(values: readonly number[], [from, to]: readonly [number, number]): Scale {
  const least = Math.log(Math.min(...values));
  const span = Math.log(Math.max(...values)) - least || 1;
  return (value) => from + ((Math.log(value) - least) / span) * (to - from);
}
