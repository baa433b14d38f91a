import { expect, test } from "vitest";
import { byFamily } from "./families";

test("families stand in the order in which a run is looked at, unknown ones last", () => {
  const figures = [{ family: "runs" }, { family: "" }, { family: "loss" }, { family: "gradients" }, { family: "loss" }];
  expect(byFamily(figures).map(([name, of]) => [name, of.length])).toEqual([["loss", 2], ["gradients", 1], ["runs", 1], ["other", 1]]);
});
