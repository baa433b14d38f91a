import { expect, test } from "vitest";
import { KeyList } from "./keys";
import { Keys } from "./schema";

const key = { key: "loss", kind: "scalar", count: 3, last: 0.5, last_step: 2, ranks: [0], unit: null, x: null, hidden: false };

test("the check by hand says what the generated schema says", () => {
  const wrong = [{ ...key, key: 1 }, { ...key, count: "3" }, { ...key, ranks: ["0"] }, { ...key, last_step: "2" }, { ...key, unit: 4 }, { ...key, x: 1 }, { ...key, hidden: null }, null];
  for (const one of [key, { ...key, last_step: null, unit: "s", last: "NaN", x: "epoch", hidden: true }, ...wrong]) {
    expect(KeyList.safeParse({ keys: [one] }).success).toBe(Keys.safeParse({ keys: [one] }).success);
  }
  expect(KeyList.parse({ keys: [key] })).toEqual({ keys: [key] });
});
