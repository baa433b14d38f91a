import { expect, test } from "vitest";
import { AS_DEFINED, viewFor } from "../panels/panel";
import { Place, tidy, toggled, viewOf } from "./place";

test("an address without anything is the default view", () => {
  expect(viewOf(Place.parse({}))).toEqual({ x: AS_DEFINED, smoothing: 0, isLogX: false, isLogY: false, flipped: [], range: null, rangeX: "step" });
});

test("what an address says is the view", () => {
  const place = Place.parse({ x: "time", smooth: 0.6, logy: 1, flip: ["train/loss"], lo: 10, hi: 20 });
  expect(viewOf(place)).toEqual({ x: "time", smoothing: 0.6, isLogX: false, isLogY: true, flipped: ["train/loss"], range: [10, 20], rangeX: "time" });
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

test("each series has the axis that it was defined with until one is chosen for all", () => {
  const epochs = { x: "epoch" };
  expect(viewFor(viewOf(Place.parse({})), epochs).x).toBe("epoch");
  expect(viewFor(viewOf(Place.parse({})), { x: null }).x).toBe("step");
  expect(viewFor(viewOf(Place.parse({ x: "step" })), epochs).x).toBe("step");
});

test("a range of epochs leaves charts over steps alone", () => {
  const view = viewOf(Place.parse({ lo: 2, hi: 4, of: "epoch" }));
  expect(viewFor(view, { x: "epoch" }).range).toEqual([2, 4]);
  expect(viewFor(view, { x: null }).range).toBeNull();
  expect(viewFor(viewOf(Place.parse({ lo: 2, hi: 4 })), { x: null }).range).toEqual([2, 4]);
});
