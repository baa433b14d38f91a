import { expect, test } from "vitest";
import { parseJson } from "./json";

test("bare NaN and Infinity are numbers, the same words in a text are text", () => {
  const text = '{"a": [NaN, -Infinity, Infinity, 1.5], "NaN": "NaN, \\"Infinity\\" \\\\", "b": "x"}';
  expect(parseJson(text)).toEqual({ a: [Number.NaN, -Infinity, Infinity, 1.5], NaN: 'NaN, "Infinity" \\', b: "x" });
});

test("what is no JSON is refused as it was before", () => {
  expect(() => parseJson("v 0 0 0")).toThrow(SyntaxError);
  expect(() => parseJson('{"a": NaN')).toThrow(SyntaxError);
});
