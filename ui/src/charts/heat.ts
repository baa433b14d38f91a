// The arithmetic of a heat map: its range, its cells, its pixels. What spans more than two decades is coloured by its logarithm.
import type { VectorFrame } from "../api/frames";

export interface HeatRange {
  lo: number;
  hi: number;
  isLog: boolean;
}

export interface HeatCell {
  name: string;
  step: number;
  value: number;
}

const LOG_FROM = 100; // two decades

/** lo and hi of the finite values; of the positive ones where colours follow the logarithm. A zero then has the lowest colour. */
export function heatRange(values: Float64Array): HeatRange {
  let [lo, hi, positive] = [Infinity, -Infinity, Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    lo = Math.min(lo, value);
    hi = Math.max(hi, value);
    if (value > 0) positive = Math.min(positive, value);
  }
  if (lo > hi) return { lo: Number.NaN, hi: Number.NaN, isLog: false };
  const isLog = lo >= 0 && hi / positive > LOG_FROM;
  return { lo: isLog ? positive : lo, hi, isLog };
}

function position(value: number, range: HeatRange): number {
  const [v, lo, hi] = range.isLog ? [Math.log(Math.max(value, range.lo)), Math.log(range.lo), Math.log(range.hi)] : [value, range.lo, range.hi];
  return hi > lo ? (v - lo) / (hi - lo) : 0.5;
}

/** One pixel per cell, the first component at the bottom; a value that is missing or not finite stays clear. */
export function paintHeat(pixels: Uint8ClampedArray, frame: VectorFrame, range: HeatRange, colours: [number, number, number][]): void {
  const [columns, rows] = [frame.steps.length, frame.names.length];
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const value = frame.values[column * rows + row] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      const colour = colours[Math.round(position(value, range) * (colours.length - 1))] ?? [0, 0, 0];
      pixels.set([...colour, 255], ((rows - 1 - row) * columns + column) * 4);
    }
  }
}

/** The cell under a place given in fractions of the picture's width and height. */
export function cellAt(frame: VectorFrame, across: number, down: number): HeatCell | null {
  const [columns, rows] = [frame.steps.length, frame.names.length];
  const column = Math.floor(across * columns);
  const row = rows - 1 - Math.floor(down * rows);
  const name = frame.names[row];
  const at = frame.steps[column];
  if (name === undefined || at === undefined) return null;
  return { name, step: at, value: frame.values[column * rows + row] ?? Number.NaN };
}
