import { expect, test } from "vitest";
import { RunRow } from "../api/schema";
import { best, cell, cellText, runColumns } from "./runColumns";

const row = (id: string, config: Record<string, unknown>, summary: Record<string, unknown>) =>
  RunRow.parse({ project: "p", id, state: "finished", created: 0, updated: 0, config, summary });
const runs = [row("a", { lr: 0.1, seed: 1 }, { "val/loss": 2, "system/cpu": 5 }), row("b", { lr: 0.2, seed: 1 }, { "val/loss": 1 })];

test("config that differs comes first and what is equal folds away", () => {
  const { differing, equal } = runColumns(runs);
  expect([differing.map(({ id }) => id), equal.map(({ id }) => id)]).toEqual([["config.lr"], ["config.seed"]]);
});

test("a setting that only some runs have differs", () => {
  expect(runColumns([...runs, row("c", { lr: 0.1 }, {})]).differing.map(({ id }) => id)).toEqual(["config.lr", "config.seed"]);
});

test("one run differs from nothing", () => {
  expect(runColumns(runs.slice(0, 1)).differing).toEqual([]);
});

test("evaluation stands before the system in the summary, and the lowest loss is the best", () => {
  const { summary } = runColumns(runs);
  expect(summary.map(({ id }) => id)).toEqual(["summary.val/loss", "summary.system/cpu"]);
  expect(summary.map((column) => best(runs, column))).toEqual([1, null]);
});

test("a defined goal says which way is better, whatever the name suggests", () => {
  const [column] = runColumns(runs).summary;
  if (!column) throw new Error("no column");
  expect([best(runs, column, "maximize"), best(runs, column, "minimize")]).toEqual([2, 1]);
});

test("infinities that travelled as text are written as elsewhere", () => {
  expect([cellText("Infinity"), cellText("-Infinity"), cellText("NaN"), cellText(0.5)]).toEqual(["+Inf", "−Inf", "NaN", "0.5"]);
});

test("groups and tags are columns where runs differ in them", () => {
  const [a, b] = [{ ...row("a", {}, {}), group: "wide", tags: ["x", "y"], job_type: "train" }, { ...row("b", {}, {}), job_type: "train" }];
  const { differing } = runColumns([a, b]);
  expect(differing.map((column) => [column.id, cell(a, column), cell(b, column)])).toEqual([["group", "wide", undefined], ["tags", "x, y", undefined]]);
});
