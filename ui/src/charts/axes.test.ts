import { expect, test } from "vitest";
import { logSplits, xKind } from "./axes";

test("a log axis has powers of ten, and over few of them also some between", () => {
  expect(logSplits(1.2, 6.5)).toEqual([1.5, 2, 3, 5]);
  expect(logSplits(0.7, 30).map((at) => Number(at.toPrecision(3)))).toEqual([1, 10]);
  expect(logSplits(0.5, 30)).toEqual([1, 10]);
  expect(logSplits(1, 1e4)).toEqual([1, 10, 100, 1000, 10000]);
  expect(logSplits(1, 1e12)).toEqual([1, 1e3, 1e6, 1e9, 1e12]);
});

test("each x axis has its kind", () => {
  expect(["step", "relative", "time", "train/loss"].map(xKind)).toEqual(["whole", "seconds", "clock", "number"]);
});
