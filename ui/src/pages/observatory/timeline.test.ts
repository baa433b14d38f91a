import { expect, test } from "vitest";
import type { Finding, FigureInfo } from "../../api/schema";
import { asked } from "../OptionFields";
import { sorted } from "./scenes";
import { bands, flags, isEvaluation, neighbour, spanOf, thinned } from "./timeline";

const span = { first: 0, last: 100 };

test("the line ends at the last step of the run or of the frames", () => {
  expect(spanOf([{ last_step: 99 }, { last_step: null }], [0, 50])).toEqual({ first: 0, last: 99 });
  expect(spanOf([], [5, 120])).toEqual({ first: 0, last: 120 });
});

test("a stage lasts until the next begins", () => {
  const stages = [{ name: "pretrain", step: 0, time: 0 }, { name: "rl", step: 75, time: 0 }];
  expect(bands(stages, span)).toEqual([{ name: "pretrain", from: 0, to: 0.75 }, { name: "rl", from: 0.75, to: 1 }]);
});

const finding = (title: string, severity: Finding["severity"], first_step: number | null): Finding => ({ rule: title, title, severity, first_step, last_step: null, evidence: [], cause: "", action: "" });

test("findings of one step share a flag, which has the shape of the worst", () => {
  const found = flags([finding("a", "info", 7), finding("b", "critical", 7), finding("c", "warning", null)]);
  expect(found).toEqual([{ step: 7, level: "critical", titles: ["a", "b"] }]);
});

test("the arrows go from frame to frame, without frames by a hundredth of the way", () => {
  expect([neighbour(10, [0, 10, 30], span, 1), neighbour(10, [0, 10, 30], span, -1), neighbour(30, [0, 10, 30], span, 1)]).toEqual([30, 0, 30]);
  expect([neighbour(99, [], { first: 0, last: 1000 }, 1), neighbour(0, [], span, -1)]).toEqual([109, 0]);
});

test("evaluations are known by their names", () => {
  expect(["val/loss", "eval_accuracy", "train/val/loss", "test/bpb"].every(isEvaluation)).toBe(true);
  expect(["train/loss", "value", "interval/x", "lr"].some(isEvaluation)).toBe(false);
});

test("many marks are thinned evenly, both ends kept", () => {
  expect(thinned([0, 1, 2, 3, 4, 5, 6], 3)).toEqual([0, 3, 6]);
  expect(thinned([1, 2], 3)).toEqual([1, 2]);
});

const info = (id: string, part: Partial<FigureInfo>): FigureInfo => ({ id, title: id, ready: true, reason: "", options: [], family: "loss", over: "run", scene: true, twin: {}, ...part });
const key = (name: string, kind: string) => ({ key: name, kind, count: 1, last: null, last_step: 0, ranks: [], unit: null, x: null, hidden: false });

test("scenes are three-dimensional figures that have their data, by family, then kept things", () => {
  const { ready, waiting } = sorted([info("r", { family: "runs" }), info("a", {}), info("flat", { scene: false }), info("none", { ready: false })], [key("space", "object3d"), key("loss", "scalar")]);
  expect(ready.map(({ id }) => id)).toEqual(["a", "r", "thing:space"]);
  expect(waiting.map(({ id }) => id)).toEqual(["none"]);
});

test("the server is asked only for options that the figure has and values that fit", () => {
  const option = (name: string, kind: string, part: object) => ({ name, kind, what: "", default: null, choices: [], lo: null, hi: null, is_whole: false, ...part });
  const options = [option("view", "choice", { choices: ["3d", "flat"] }), option("window", "number", { lo: 1, hi: 9, is_whole: true }), option("key", "series", {})];
  const figure = info("x", { options });
  expect(asked(figure, { view: "flat", window: "4", key: "val/loss", other: "1" })).toEqual({ view: "flat", window: "4", key: "val/loss" });
  expect(asked(figure, { view: "round", window: "4.5", key: "" })).toEqual({});
});
