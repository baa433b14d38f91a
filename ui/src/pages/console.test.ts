import { expect, test } from "vitest";
import { plainLine } from "./console";

test("colour codes go, and a progress bar leaves its last state", () => {
  expect([plainLine("\u001b[31mred\u001b[0m\n"), plainLine("1 %\r50 %\r100 %\r\n")]).toEqual(["red", "100 %"]);
});
