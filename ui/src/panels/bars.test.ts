import { expect, test } from "vitest";
import { barHeights } from "./bars";

test("bins of one width are as high as their counts", () => {
  expect(barHeights([2, 4, 0], [0, 0.1, 0.2, 0.30000000000000004])).toEqual({ heights: [0.5, 1, 0], isEven: true });
});

test("a bin twice as wide with twice the count is as high", () => {
  expect(barHeights([1, 2, 1], [0, 1, 3, 4])).toEqual({ heights: [1, 1, 1], isEven: false });
});

test("a bin without any width counts as the narrowest, and empty histograms stay flat", () => {
  expect(barHeights([3, 1, 1], [0, 0, 1, 3])).toEqual({ heights: [1, 1 / 3, 1 / 6], isEven: false });
  expect(barHeights([5], [2, 2])).toEqual({ heights: [1], isEven: true });
  expect(barHeights([0, 0], [0, 1, 3])).toEqual({ heights: [0, 0], isEven: false });
});
