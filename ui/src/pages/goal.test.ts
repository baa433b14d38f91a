import { expect, test } from "vitest";
import { Definition, RunRow } from "../api/schema";
import { goalSeries, goalsOf } from "./goal";

const row = (summary: Record<string, unknown>) => RunRow.parse({ project: "p", id: "r", state: "finished", created: 0, updated: 0, summary });
const goals = goalsOf({ reward: Definition.parse({ goal: "maximize" }), lr: Definition.parse({}) });

test("a defined goal comes first, then the usual names, then the first number", () => {
  expect(goalSeries([row({ "val/loss": 1, reward: 2 })], goals)).toBe("reward");
  expect(goalSeries([row({ loss: 1 }), row({ "train/loss": 1, "val/loss": 1 })], goals)).toBe("val/loss");
  expect(goalSeries([row({ "system/cpu": 1, note: "x", accuracy: 0.5 })], goals)).toBe("accuracy");
});

test("runs without a number have no curve", () => {
  expect(goalSeries([row({ "system/cpu": 1 }), row({})], new Map())).toBeNull();
});

test("only a goal that was defined is one", () => {
  expect([...goals]).toEqual([["reward", "maximize"]]);
});
