// The two axes of a line chart: three quiet grid lines, labels in second ink, units by kind of x.
import type uPlot from "uplot";
import { token } from "./colours";
import { clockTick, duration, number, ticks } from "./format";

export type XKind = "number" | "whole" | "seconds" | "clock";

/** Steps are whole numbers, "relative" counts seconds, "time" is the clock; a series is any number. */
export function xKind(x: string): XKind {
  if (x === "relative") return "seconds";
  if (x === "time") return "clock";
  return x === "step" ? "whole" : "number";
}

const WHOLE_STEPS = Array.from({ length: 15 }, (_, power) => [1, 2, 5].map((n) => n * 10 ** power)).flat();
const NUMBER_STEPS = Array.from({ length: 32 }, (_, power) => [1, 2, 2.5, 5].map((n) => n * 10 ** (power - 16))).flat();
const SECOND_STEPS = [
  0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800,
  432000, 864000,
];
const FONT = '11px "Inter", system-ui, sans-serif';
const NAME_PX = 15;
const LABEL_PX = 6.2; // an 11 px digit of Inter

function yWidth(_u: uPlot, values: string[] | null): number {
  const longest = Math.max(3, ...(values ?? []).map((value) => value.length));
  return Math.ceil(longest * LABEL_PX) + 12;
}

/** Ticks of a log axis: powers of ten; over few of them also some between; over many only some of them. */
export function logSplits(lo: number, hi: number): number[] {
  const [first, last] = [Math.floor(Math.log10(lo)), Math.ceil(Math.log10(hi))];
  const every = Math.max(1, Math.ceil((last - first) / 5));
  const within = last - first <= 1 ? [1, 1.5, 2, 3, 5, 7] : last - first === 2 ? [1, 2, 5] : [1];
  const found: number[] = [];
  for (let power = first; power <= last; power++) {
    if ((power - first) % every === 0) found.push(...within.map((n) => n * 10 ** power).filter((at) => at >= lo && at <= hi));
  }
  return found;
}

const logAxis: uPlot.Axis = {
  splits: (_u, _axis, lo, hi) => logSplits(lo, hi),
  filter: (_u, splits) => splits,
};

/** Labels by kind: whole numbers and series by their distance, seconds as durations, the clock as times of day. */
function labels(kind: XKind, isLog: boolean, splits: number[], increment: number): string[] {
  if (kind === "seconds") return splits.map(duration);
  if (kind === "clock") return splits.map((at, i) => clockTick(at, increment, i === 0));
  return isLog ? splits.map((at) => number(at)) : ticks(splits, increment);
}

/** A series of whole numbers, such as epochs, has no ticks between them. */
function numberSteps(u: uPlot): number[] {
  return (u.data[0] ?? []).every((at) => Number.isInteger(at)) ? WHOLE_STEPS : NUMBER_STEPS;
}

const INCREMENTS: Partial<Record<XKind, uPlot.Axis.Incrs>> = { whole: WHOLE_STEPS, seconds: SECOND_STEPS, number: numberSteps };
const SPACES_PX: Record<XKind, number> = { number: 64, whole: 64, seconds: 84, clock: 84 };

/** name: of the series that is the axis, written under it. */
export function xAxis(kind: XKind, isLog: boolean, name = ""): uPlot.Axis {
  const incrs = INCREMENTS[kind];
  return {
    ...(name ? { label: name, labelSize: NAME_PX, labelGap: 0, labelFont: FONT } : {}),
    stroke: () => token("--second"),
    font: FONT,
    grid: { show: false },
    ticks: { stroke: () => token("--strong-line"), width: 1, size: 4 },
    border: { show: true, stroke: () => token("--strong-line"), width: 1 },
    gap: 3,
    size: kind === "clock" ? 36 : 24,
    space: SPACES_PX[kind],
    values: (_u, splits, _axis, _space, increment) => labels(kind, isLog, splits, increment),
    ...(incrs ? { incrs } : {}),
    ...(isLog ? logAxis : {}),
  };
}

export function yAxis(isLog: boolean): uPlot.Axis {
  return {
    stroke: () => token("--second"),
    font: FONT,
    grid: { stroke: () => token("--line"), width: 1 },
    ticks: { show: false },
    border: { show: false },
    gap: 6,
    size: yWidth,
    space: 34,
    values: (_u, splits, _axis, _space, increment) => (isLog ? splits.map((at) => number(at)) : ticks(splits, increment)),
    ...(isLog ? logAxis : {}),
  };
}
