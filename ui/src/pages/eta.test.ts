import { expect, test } from "vitest";
import { RunDetail } from "../api/schema";
import { endOf, leftText } from "./eta";

const run = (config: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  RunDetail.parse({ project: "p", id: "r", state: "running", created: 100, updated: 200, steps: 50, config, ...more });

test("planned steps and the speed so far say how long it will take", () => {
  expect(endOf(run({ trainer: { max_steps: 150 } }), 200)).toEqual({ steps: 150, left: 200 });
});

test("a resumed attempt is measured from where it began", () => {
  const attempt = { writer: "w", rank: 0, started: 180, host: "h", pid: 1, state: "running", resume_from: 40 };
  expect(endOf(run({ steps: 60 }, { attempts: [attempt] }), 200).left).toBe(20);
});

test("a time budget counts from the start, and the earlier end holds", () => {
  expect(endOf(run({ seconds: 130, steps: null }), 200)).toEqual({ steps: null, left: 30 });
  expect(endOf(run({ seconds: 130, max_steps: 60 }), 200).left).toBe(20);
});

test("nothing is guessed without a word about the end, or behind it", () => {
  expect(endOf(run({ lr: 1, epochs: 3 }), 200)).toEqual({ steps: null, left: null });
  expect(endOf(run({ max_steps: 40 }), 200)).toEqual({ steps: null, left: null });
});

test("a guess is said as one", () => {
  expect([3, 62, 200, 7000].map(leftText)).toEqual(["about 5 s left", "about 1 min left", "about 3 min left", "about 1 h 55 min left"]);
});
