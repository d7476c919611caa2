import { visibleLength } from "./visible-length.ts";

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

/** Aligned lines, the titles first; cells may carry colour. @param indent spaces before each line, default 2 */
export function table(
  columns: readonly Column[],
  rows: ReadonlyArray<readonly string[]>,
  indent = 2,
): string[] {
  const lines = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, i) =>
    Math.max(...lines.map((line) => visibleLength(line[i] ?? ""))),
  );
  return lines.map((line) =>
    (
      " ".repeat(indent) +
      columns
        .map((column, i) => {
          const cell = line[i] ?? "";
          const gap = " ".repeat((widths[i] as number) - visibleLength(cell));
          return column.align === "right" ? gap + cell : cell + gap;
        })
        .join("   ")
    ).trimEnd(),
  );
}
