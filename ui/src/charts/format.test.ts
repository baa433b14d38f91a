import { expect, test } from "vitest";
import { ago, bytes, clockTick, duration, number, quantity, step, ticks, value } from "./format";

test("numbers have four significant digits and an SI letter when they are large", () => {
  expect([0, 1, -2.5, 1.23456, 0.0123456, 1234, 12345, 123456, 1234567, 2.5e9].map((each) => number(each))).toEqual(
    ["0", "1", "−2.5", "1.235", "0.01235", "1,234", "12,345", "123.5 k", "1.235 M", "2.5 G"],
  );
});

test("very small and very large numbers have an exponent", () => {
  expect([1.2345e-7, 3e-4, 1e-4, 1e18].map((each) => number(each))).toEqual(["1.235e-7".replace("-", "−"), "0.0003", "0.0001", "1e18"]);
});

test("what is not finite is named", () => {
  expect([Number.NaN, Infinity, -Infinity].map((each) => number(each))).toEqual(["NaN", "+Inf", "−Inf"]);
});

test("ticks have the digits that tell them apart", () => {
  expect(ticks([0, 0.5, 1], 0.5)).toEqual(["0", "0.5", "1"]);
  expect(ticks([2.01, 2.02, 2.03], 0.01)).toEqual(["2.01", "2.02", "2.03"]);
  expect(ticks([0, 5000, 10000, 15000], 5000)).toEqual(["0", "5,000", "10,000", "15,000"]);
  expect(ticks([100000, 200000], 100000)).toEqual(["100 k", "200 k"]);
});

test("units stand after the number, and a fraction is a percentage", () => {
  expect([quantity(0.412, "fraction"), quantity(1.5e9, "bytes"), quantity(3, "ms"), quantity(250000, "tokens/s"), quantity(3, null)]).toEqual(
    ["41.2 %", "1.5 GB", "3 ms", "250 k tokens/s", "3"],
  );
});

test("durations carry into the next unit", () => {
  expect([0, 0.25, 12.34, 60, 200, 3600, 7500, 90000].map((each) => duration(each))).toEqual(
    ["0 s", "250 ms", "12.3 s", "1 min", "3 min 20 s", "1 h", "2 h 05 min", "1 d 1 h"],
  );
});

test("times are relative to now", () => {
  expect([1000, 990, 940, 1000 - 7200, 1000 - 200000].map((time) => ago(time, 1000))).toEqual(["now", "10 s ago", "1 min ago", "2 h ago", "2 d ago"]);
});

test("steps keep all their digits", () => {
  expect([step(1234567), step(-3)]).toEqual(["1,234,567", "−3"]);
});

test("bytes and odd values in one line", () => {
  expect([bytes(512), bytes(1536000), value(null), value([1, 2]), value(true)]).toEqual(["512 B", "1.54 MB", "", "[1,2]", "true"]);
});

test("times of day are as fine as their distance asks, and the first says the day", () => {
  const noon = new Date(2026, 10, 20, 12, 5, 7, 250).getTime() / 1000;
  expect([clockTick(noon, 0.1, true), clockTick(noon, 10, false), clockTick(noon, 600, false), clockTick(noon, 86400, true)]).toEqual(
    ["12:05:07.250\n20 Nov", "12:05:07", "12:05", "20 Nov"],
  );
});
