import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { GL3D_TRACES, isGl3d } from "./plotlyload";

const bundle = readFileSync(join(import.meta.dirname, "../../node_modules/plotly.js-gl3d-dist-min/plotly-gl3d.min.js"), "utf8");

test("the trace types of the small library are those it registers", () => {
  const registered = [...bundle.matchAll(/moduleType:"trace",name:"(\w+)"/g)].map(([, name]) => name ?? "");
  expect(registered.sort()).toEqual([...GL3D_TRACES].sort());
});

test("one trace of another type asks for every trace type", () => {
  expect(isGl3d({ data: [{ type: "surface" }, { type: "scatter3d" }] })).toBe(true);
  expect(isGl3d({ data: [{ type: "surface" }, { type: "heatmap" }] })).toBe(false);
  expect(isGl3d({ data: [{ type: "scattergl" }] })).toBe(false);
});

test("a trace without a type is a line, and a figure without traces needs nothing", () => {
  expect(isGl3d({ data: [{ x: [1], y: [2] }] })).toBe(true);
  expect(isGl3d({ data: [] })).toBe(true);
});
