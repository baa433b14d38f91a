import { expect, test } from "vitest";
import { SweepTrial } from "../../api/sweeps.schema";
import { sorted, usualOrder } from "./trials";

const trial = (run: string, result: unknown, lr: unknown) => SweepTrial.parse({ run, state: "finished", args: { lr }, result });
const trials = [trial("a", 0.5, 0.1), trial("b", null, "auto"), trial("c", 0.9, 0.01), trial("d", "NaN", undefined)];
const order = (by: string) => sorted(trials, by).map(({ run }) => run);

test("runs without a result come last, whichever way the metric goes", () => {
  expect(order(usualOrder("maximize"))).toEqual(["c", "a", "d", "b"]);
  expect(order(usualOrder("minimize"))).toEqual(["a", "c", "d", "b"]);
});

test("a parameter sorts by number, then by word", () => {
  expect(order("args.lr")).toEqual(["c", "a", "b", "d"]);
  expect(order("-args.lr")).toEqual(["a", "c", "b", "d"]);
});
