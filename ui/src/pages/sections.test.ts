import { expect, test } from "vitest";
import { KeyInfo } from "../api/schema";
import { ordered, sections } from "./sections";

const key = (name: string, kind = "scalar") => KeyInfo.parse({ key: name, kind, count: 1, last: 0 });

test("training and evaluation come first, bare names and the machine last", () => {
  const found = sections(["system/cpu", "lr", "part10/a", "part2/a", "val/loss", "train/loss"].map((name) => key(name)), "");
  expect(found.map(({ name }) => name)).toEqual(["train", "val", "part2", "part10", "", "system"]);
});

test("losses lead a section and numbers are in their order", () => {
  expect(ordered(["h.10", "h.2", "loss"].map((name) => key(name))).map((info) => info.key)).toEqual(["loss", "h.2", "h.10"]);
});

test("a search leaves only what it names, and media lie below lines", () => {
  const [section] = sections([key("a/loss"), key("a/picture", "image"), key("b/other")], "a/");
  expect([section?.lines.length, section?.media.length]).toEqual([1, 1]);
});

test("names of a program are there for who searches them", () => {
  const keys = [key("_runtime"), key("loss")];
  expect(sections(keys, "").flatMap(({ lines }) => lines.map((info) => info.key))).toEqual(["loss"]);
  expect(sections(keys, "_run").flatMap(({ lines }) => lines.map((info) => info.key))).toEqual(["_runtime"]);
});

test("what was defined as hidden is found by a search alone", () => {
  const keys = [KeyInfo.parse({ ...key("epoch"), hidden: true }), key("loss")];
  expect(sections(keys, "").flatMap(({ lines }) => lines.map((info) => info.key))).toEqual(["loss"]);
  expect(sections(keys, "epo").flatMap(({ lines }) => lines.map((info) => info.key))).toEqual(["epoch"]);
});
