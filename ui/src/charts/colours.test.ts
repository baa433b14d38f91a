import { expect, test } from "vitest";
import { faded, hash, places, ramp } from "./colours";

test("the hash is FNV-1a", () => {
  expect([hash(""), hash("a"), hash("foobar")]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
});

test("a run keeps its colour whoever is beside it, unless they would share one", () => {
  const alone = places(["demo/run1"]).get("demo/run1");
  expect(places(["demo/run1", "demo/run2", "demo/run3"]).get("demo/run1")).toBe(alone);
  const many = Array.from({ length: 18 }, (_, i) => `demo/run${i}`);
  expect(new Set(places(many).values()).size).toBe(18);
});

test("a chosen colour wins and the others move aside", () => {
  const free = places(["a/1"]).get("a/1") ?? 0;
  const found = places(["b/2", "a/1"], { "b/2": free });
  expect(found.get("b/2")).toBe(free);
  expect(found.get("a/1")).not.toBe(free);
});

test("more runs than colours share them", () => {
  expect(places(Array.from({ length: 40 }, (_, i) => `p/${i}`)).size).toBe(40);
});

test("a faded colour keeps its hue", () => {
  expect([faded("#0072B2", 0.5), faded("red", 0.5)]).toEqual(["#0072B280", "red"]);
});

test("a ramp goes from its first stop to its last", () => {
  expect(ramp(["#000000", "#ffffff"], 3)).toEqual([[0, 0, 0], [128, 128, 128], [255, 255, 255]]);
});
