import { expect, test } from "vitest";
import { Place, tidy, toggled, viewOf } from "./place";

test("an address without anything is the default view", () => {
  expect(viewOf(Place.parse({}))).toEqual({ x: "step", smoothing: 0, isLogX: false, isLogY: false, flipped: [], range: null });
});

test("what an address says is the view", () => {
  const place = Place.parse({ x: "time", smooth: 0.6, logy: 1, flip: ["train/loss"], lo: 10, hi: 20 });
  expect(viewOf(place)).toEqual({ x: "time", smoothing: 0.6, isLogX: false, isLogY: true, flipped: ["train/loss"], range: [10, 20] });
});

test("nonsense in an address falls back and does not break the page", () => {
  expect(Place.parse({ smooth: "lots", tab: "nowhere", lo: "a", runs: 3, logy: "yes" })).toEqual({});
});

test("defaults leave the address; an empty selection of runs stays", () => {
  expect(tidy({ smooth: 0, q: "", closed: [], runs: [], lo: 0, hi: 5, x: "step" })).toEqual({ runs: [], lo: 0, hi: 5, x: "step" });
});

test("a name is put in and taken out", () => {
  expect([toggled(undefined, "a"), toggled(["a", "b"], "a")]).toEqual([["a"], ["b"]]);
});
