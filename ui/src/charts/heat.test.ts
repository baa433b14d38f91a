import { expect, test } from "vitest";
import type { VectorFrame } from "../api/frames";
import { cellAt, heatRange, paintHeat } from "./heat";

const frame: VectorFrame = {
  family: "grad_norm", names: ["embed", "head"], unit: null, total: 2, thinned: false,
  steps: Float64Array.of(0, 5), values: Float64Array.of(1, 100, Number.NaN, 10),
};

test("positive data over more than a decade are coloured by their logarithm", () => {
  expect(heatRange(frame.values)).toEqual({ lo: 1, hi: 100, isLog: true });
  expect(heatRange(Float64Array.of(-1, 1)).isLog).toBe(false);
  expect(heatRange(Float64Array.of(Number.NaN)).lo).toBeNaN();
});

test("the first component is at the bottom and a missing value stays clear", () => {
  const pixels = new Uint8ClampedArray(16);
  paintHeat(pixels, frame, heatRange(frame.values), [[0, 0, 0], [50, 50, 50], [100, 100, 100]]);
  expect([...pixels]).toEqual([100, 100, 100, 255, 50, 50, 50, 255, 0, 0, 0, 255, 0, 0, 0, 0]);
});

test("the cell under the pointer", () => {
  expect(cellAt(frame, 0.1, 0.1)).toEqual({ name: "head", step: 0, value: 100 });
  expect(cellAt(frame, 0.9, 0.1)).toEqual({ name: "head", step: 5, value: 10 });
  expect(cellAt(frame, 1.5, 0.1)).toBeNull();
});
