import { expect, test } from "vitest";
import { oddNumber } from "./Cell";
import { isOfNumbers } from "./table.panel";

test("the head of a column of numbers stands where the numbers stand", () => {
  const rows = [[1, "x", null], [null, "y", null], [{ _type: "number", value: "-inf" }, "w", null], [Number.NaN, "z", null]];
  expect([0, 1, 2, 3].map((column) => isOfNumbers(rows, column))).toEqual([true, false, false, false]);
});

test("numbers that JSON cannot hold are numbers again", () => {
  const said = (value: string) => oddNumber({ _type: "number", value });
  expect([said("nan"), said("inf"), said("-inf"), said("Infinity"), oddNumber(1), oddNumber("nan")]).toEqual([Number.NaN, Infinity, -Infinity, Infinity, null, null]);
});
