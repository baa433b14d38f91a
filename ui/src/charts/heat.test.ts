import { expect, test } from "vitest";
import type { VectorFrame } from "../api/frames";
import { cellAt, heatRange, paintHeat } from "./heat";

const frame: VectorFrame = {
  family: "grad_norm", names: ["embed", "head"], unit: null, total: 2, thinned: false,
  steps: Float64Array.of(0, 5), values: Float64Array.of(1, 1e4, Number.NaN, 100),
};

test("data over more than two decades are coloured by their logarithm", () => {
  expect(heatRange(frame.values)).toEqual({ lo: 1, hi: 1e4, isLog: true });
  expect(heatRange(Float64Array.of(1, 50)).isLog).toBe(false);
  expect(heatRange(Float64Array.of(-1, 1)).isLog).toBe(false);
  expect(heatRange(Float64Array.of(Number.NaN)).lo).toBeNaN();
});

test("the first component is at the bottom and a missing value stays clear", () => {
  const pixels = new Uint8ClampedArray(16);
  paintHeat(pixels, frame, heatRange(frame.values), [[0, 0, 0], [50, 50, 50], [100, 100, 100]]);
  expect([...pixels]).toEqual([100, 100, 100, 255, 50, 50, 50, 255, 0, 0, 0, 255, 0, 0, 0, 0]);
});

test("a zero among them has the lowest colour, and the range is that of what is above", () => {
  const range = heatRange(Float64Array.of(0, 1, 1e4));
  expect(range).toEqual({ lo: 1, hi: 1e4, isLog: true });
  const pixels = new Uint8ClampedArray(16);
  paintHeat(pixels, { ...frame, values: Float64Array.of(0, 1, 1e4, 0) }, range, [[7, 7, 7], [50, 50, 50], [100, 100, 100]]);
  expect([pixels[8], pixels[0], pixels[12]]).toEqual([7, 7, 100]);
});

test("the cell under the pointer", () => {
  expect(cellAt(frame, 0.1, 0.1)).toEqual({ name: "head", step: 0, value: 1e4 });
  expect(cellAt(frame, 0.9, 0.1)).toEqual({ name: "head", step: 5, value: 100 });
  expect(cellAt(frame, 1.5, 0.1)).toBeNull();
});
