// From series frames to what uPlot draws: per line a low, a high, the mean and (when smoothing) the smoothed mean.
import type { RunRef } from "../api/client";
import type { SeriesFrame } from "../api/frames";

/** One line of a chart: a run's (or rank's) series with its name and colour. */
export interface Line {
  id: string;
  run: RunRef;
  rank: number | null; // null: the lowest that has the series
  label: string;
  colour: string; // a token of theme.css: "var(--run-3)"
  dash?: number[] | undefined;
  frame: SeriesFrame;
  smoothed: Float64Array; // (n,) the mean, smoothed; the mean itself without smoothing
}

export type Cell = number | null | undefined;
export type Columns = [x: number[], ...ys: Cell[][]];
export const COLUMNS_PER_LINE = 4; // low, high, mean, smoothed

export interface MarkPlace {
  x: number;
  kind: "nan" | "posinf" | "neginf";
  colour: string;
}

/** Not finite, or not above zero on a log axis: a gap. */
function cells(values: Float64Array, isLog: boolean): Cell[] {
  return Array.from(values, (value) => (Number.isFinite(value) && !(isLog && value <= 0) ? value : null));
}

/** Where a bucket is drawn: its middle, so that a step in the data is not moved to the left. */
export function centre(frame: SeriesFrame, i: number): number {
  return ((frame.x[i] ?? 0) + (frame.xLast[i] ?? 0)) / 2;
}

function table({ frame, smoothed }: Line, isLog: boolean): Columns {
  const x = Array.from(frame.x, (_, i) => centre(frame, i));
  return [x, cells(frame.min, isLog), cells(frame.max, isLog), cells(frame.mean, isLog), cells(smoothed, isLog)];
}

/** All lines on one x. Where a line has no point at another line's x the cell is undefined, which uPlot bridges. */
export function columns(lines: Line[], isLog: boolean): Columns {
  const tables = lines.map((line) => table(line, isLog));
  const [only] = tables;
  if (!only) return [[]];
  if (tables.length === 1) return only;
  const at = [...new Set(tables.flatMap(([x]) => x))].sort((a, b) => a - b);
  const row = new Map(at.map((x, i) => [x, i]));
  const joined: Columns = [at];
  for (const [x, ...ys] of tables) {
    for (const y of ys) {
      const column: Cell[] = new Array<Cell>(at.length).fill(undefined);
      for (const [i, each] of x.entries()) column[row.get(each) ?? 0] = y[i];
      joined.push(column);
    }
  }
  return joined;
}

/** Every bucket that holds a value no axis can show. */
export function marks(lines: Line[]): MarkPlace[] {
  const found: MarkPlace[] = [];
  for (const { frame, colour } of lines) {
    for (let i = 0; i < frame.x.length; i++) {
      const x = frame.x[i] ?? 0;
      if (frame.nan[i]) found.push({ x, kind: "nan", colour });
      if (frame.posinf[i]) found.push({ x, kind: "posinf", colour });
      if (frame.neginf[i]) found.push({ x, kind: "neginf", colour });
    }
  }
  return found;
}

/** First and last x of all lines, marks included; null when there is no point. */
export function extent(lines: Line[]): [number, number] | null {
  let [lo, hi] = [Infinity, -Infinity];
  for (const { frame } of lines) {
    lo = Math.min(lo, frame.x[0] ?? Infinity);
    hi = Math.max(hi, frame.xLast[frame.xLast.length - 1] ?? -Infinity);
  }
  return lo <= hi ? [lo, hi] : null;
}

/** Points that a log axis cannot show, as far as the buckets tell. */
export function belowLog(lines: Line[]): number {
  let found = 0;
  for (const { frame } of lines) for (let i = 0; i < frame.x.length; i++) if ((frame.min[i] ?? 1) <= 0) found += 1;
  return found;
}

/** The bucket nearest to x, or -1. */
export function nearest(frame: SeriesFrame, x: number): number {
  const n = frame.x.length;
  let [low, high] = [0, n - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((frame.x[middle] ?? Infinity) <= x) low = middle;
    else high = middle - 1;
  }
  if (n === 0) return -1;
  const before = x - (frame.xLast[low] ?? x);
  const after = (frame.x[low + 1] ?? Infinity) - x;
  return before > 0 && after < before ? low + 1 : low;
}

/** A range that shows one value in the middle, several with a little air. */
export function yRange(lo: number | null, hi: number | null, isLog: boolean): [number, number] {
  if (lo === null || hi === null || !Number.isFinite(lo) || !Number.isFinite(hi)) return isLog ? [1, 10] : [0, 1];
  if (isLog) {
    if (lo === hi) return [lo / 2, hi * 2];
    const air = (Math.log10(hi) - Math.log10(lo)) * 0.06;
    return [10 ** (Math.log10(lo) - air), 10 ** (Math.log10(hi) + air)];
  }
  if (lo === hi) {
    const air = Math.abs(lo) * 0.1 || 1;
    return [lo - air, hi + air];
  }
  const air = (hi - lo) * 0.06;
  return [lo >= 0 && lo - air < 0 ? 0 : lo - air, hi + air];
}

export function xRange(lo: number, hi: number, isLog: boolean): [number, number] {
  if (lo === hi) return isLog && lo > 0 ? [lo / 2, hi * 2] : [lo - 0.5, hi + 0.5];
  return [lo, hi];
}

