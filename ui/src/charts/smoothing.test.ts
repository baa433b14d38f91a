import { expect, test } from "vitest";
import { smooth } from "./smoothing";

const STEPS = Float64Array.of(0, 1, 1000); // of this range one step is one unit

test("a constant stays what it is from the first point on", () => {
  expect([...smooth(STEPS, Float64Array.of(3, 3, 3), 0.9)].map((each) => Number(each.toFixed(12)))).toEqual([3, 3, 3]);
});

test("the average is debiased", () => {
  // by hand, weight 0.5: 4 / 1; (4 * 0.5 + 0) / (0.5 + 1); the third is 999 units away, so it stands alone
  expect([...smooth(STEPS, Float64Array.of(4, 0, 8), 0.5)].map((each) => Number(each.toFixed(6)))).toEqual([4, 1.333333, 8]);
});

test("a few points far apart are hardly moved", () => {
  const x = Float64Array.of(0, 250, 500, 750, 1000);
  const values = Float64Array.of(5, 4, 3, 2, 1);
  expect([...smooth(x, values, 0.9)].map((each) => Number(each.toFixed(3)))).toEqual([5, 4, 3, 2, 1]);
});

test("a gap stays a gap and does not move the average", () => {
  expect([...smooth(STEPS, Float64Array.of(4, Number.NaN, 4), 0.5)]).toEqual([4, Number.NaN, 4]);
});

test("repeated steps are averaged, and one point is itself", () => {
  expect([...smooth(Float64Array.of(7, 7), Float64Array.of(2, 4), 0.5)]).toEqual([2, 3]);
  expect([...smooth(Float64Array.of(7), Float64Array.of(2), 0.5)]).toEqual([2]);
});

test("without smoothing the values are the same array", () => {
  const values = Float64Array.of(1, 2);
  expect(smooth(Float64Array.of(0, 1), values, 0)).toBe(values);
});
