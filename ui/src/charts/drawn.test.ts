import { describe, expect, test } from "vitest";
import type { SeriesFrame } from "../api/frames";
import { belowLog, columns, extent, marks, nearest, xRange, yRange, type Line } from "./drawn";

function line(id: string, x: number[], mean: number[], extra: Partial<SeriesFrame> = {}): Line {
  const zeros = Float64Array.from(x, () => 0);
  const values = Float64Array.from(mean);
  const frame: SeriesFrame = {
    key: "k", unit: null, total: x.length, exact: false,
    x: Float64Array.from(x), xLast: Float64Array.from(x), min: values, max: values, mean: values, last: values,
    count: Float64Array.from(x, () => 1), nan: zeros, posinf: zeros, neginf: zeros, ...extra,
  };
  return { id, run: { project: "p", id }, rank: null, label: id, colour: "var(--run-0)", frame, smoothed: frame.mean };
}

describe("columns", () => {
  test("one line: x, low, high, mean, smoothed; what is not finite is a gap", () => {
    const one = line("a", [0, 10], [1, Number.NaN], { min: Float64Array.of(0.5, Number.NaN), max: Float64Array.of(2, Number.NaN) });
    expect(columns([one], false)).toEqual([[0, 10], [0.5, null], [2, null], [1, null], [1, null]]);
  });

  test("a bucket is drawn at its middle", () => {
    const one = line("a", [0, 10], [1, 2], { xLast: Float64Array.of(8, 20) });
    expect(columns([one], false)[0]).toEqual([4, 15]);
  });

  test("two lines share one x; a hole of the other's steps is undefined, a real gap is null", () => {
    const [x, , , first, , , , second] = columns([line("a", [0, 2], [1, Number.NaN]), line("b", [1, 2], [5, 6])], false);
    expect([x, first, second]).toEqual([[0, 1, 2], [1, undefined, null], [undefined, 5, 6]]);
  });

  test("a log axis leaves out what is not above zero, and says how many", () => {
    const one = line("a", [0, 1, 2], [-1, 0, 10]);
    expect(columns([one], true)[3]).toEqual([null, null, 10]);
    expect(belowLog([one])).toBe(2);
  });

  test("no line, no columns", () => {
    expect(columns([], false)).toEqual([[]]);
  });
});

test("marks stand at buckets with values that no axis can show", () => {
  const one = line("a", [0, 1, 2], [1, 1, 1], { nan: Float64Array.of(0, 3, 0), posinf: Float64Array.of(0, 0, 1) });
  expect(marks([one]).map(({ x, kind }) => [x, kind])).toEqual([[1, "nan"], [2, "posinf"]]);
});

test("the extent covers all lines and is null without points", () => {
  expect(extent([line("a", [2, 4], [1, 1]), line("b", [3, 9], [1, 1])])).toEqual([2, 9]);
  expect(extent([line("a", [], [])])).toBeNull();
});

test("the nearest bucket is the one that holds x, else the closer end", () => {
  const { frame } = line("a", [0, 10, 20], [1, 2, 3], { xLast: Float64Array.of(8, 18, 20) });
  expect([-5, 0, 7, 8.5, 9.5, 15, 99].map((x) => nearest(frame, x))).toEqual([0, 0, 0, 0, 1, 1, 2]);
  expect(nearest(line("b", [], []).frame, 1)).toBe(-1);
});

test("ranges: one value is in the middle, positive data do not go below zero", () => {
  expect(yRange(5, 5, false)).toEqual([4.5, 5.5]);
  expect(yRange(0, 0, false)).toEqual([-1, 1]);
  expect(yRange(0.01, 10, false)[0]).toBe(0);
  expect(yRange(null, null, false)).toEqual([0, 1]);
  expect(yRange(null, null, true)).toEqual([1, 10]);
  expect(yRange(2, 2, true)).toEqual([1, 4]);
  expect(xRange(3, 3, false)).toEqual([2.5, 3.5]);
});
