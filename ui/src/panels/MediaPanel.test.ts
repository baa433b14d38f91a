import { expect, test } from "vitest";
import { MediaItem } from "../api/schema";
import { byStep } from "./MediaPanel";

const item = (step: number, caption: string) => MediaItem.parse({ step, time: 0, type: "image", url: null, record: { caption } });

test("what was logged at one step is shown together", () => {
  const steps = byStep([item(0, "a"), item(0, "b"), item(5, "c")]);
  expect(steps.map((items) => items.map(({ record }) => record.caption))).toEqual([["a", "b"], ["c"]]);
});
