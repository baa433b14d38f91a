import { expect, test } from "vitest";
import { sparkPath } from "./Spark";

const path = (x: number[], mean: number[]) => sparkPath({ x: Float64Array.from(x), mean: Float64Array.from(mean) });

test("a curve fills its width and height", () => {
  expect(path([0, 5, 10], [3, 2, 1])).toBe("M0.0 2.0L48.0 10.0L96.0 18.0");
});

test("what is not finite is a gap", () => {
  expect(path([0, 5, 10], [3, Number.NaN, 1])).toBe("M0.0 2.0M96.0 18.0");
});

test("one point is a dot in the middle, none is nothing", () => {
  expect([path([7], [2]), path([0, 1], [Number.NaN, Infinity])]).toEqual(["M48.0 10.0h0.1", ""]);
});
