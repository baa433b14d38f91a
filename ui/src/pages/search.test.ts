import { expect, test } from "vitest";
import { matchesSearch } from "./search";

test("every word of a search is somewhere in the name", () => {
  expect(["train/loss", "val/loss", "lr"].filter((key) => matchesSearch(key, "LOSS tr"))).toEqual(["train/loss"]);
});
