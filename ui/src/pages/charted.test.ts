import { expect, test } from "vitest";
import { KeyInfo } from "../api/schema";
import { charted } from "./charted";

const table = (name: string) => KeyInfo.parse({ key: name, kind: "table", count: 1, last: null });

test("a chart stands in the place of its table, under its own name", () => {
  const keys = [table("rows"), table("Custom Chart Tables/roc_table")];
  const found = charted(keys, { "eval/roc": "Custom Chart Tables/roc_table" });
  expect(found.map(({ key, kind }) => [key, kind])).toEqual([["rows", "table"], ["eval/roc", "chart"]]);
});

test("a chart whose name is taken, or whose table was never logged, changes nothing", () => {
  const keys = [table("rows"), table("other")];
  expect(charted(keys, { other: "rows", roc: "roc_table" })).toEqual(keys);
  expect(charted(keys, {})).toBe(keys);
});
