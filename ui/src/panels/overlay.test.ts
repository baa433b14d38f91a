import { expect, test } from "vitest";
import { boxesOf, colourMask, masksOf, setsOf } from "./overlay";

const size = { width: 200, height: 100 };
const record = {
  boxes: {
    predictions: {
      box_data: [
        { position: { minX: 0.1, maxX: 0.5, minY: 0.2, maxY: 0.4 }, class_id: 1, scores: { iou: 0.914 } },
        { position: { middle: [50, 50], width: 20, height: 10 }, domain: "pixel", box_caption: "a car" },
        { position: "nowhere" },
      ],
      class_labels: { "1": "cat" },
    },
  },
  masks: { truth: { sha256: "ab", suffix: ".png", class_labels: { "2": "road" } } },
};

const nothing = () => Promise.resolve(null);

test("boxes lie in pixels of the picture, from fractions or pixels, corners or middle", async () => {
  const found = (await boxesOf(record, size, nothing)).map(({ left, top, width, height, label }) => [left, top, width, height, label]);
  expect(found).toEqual([
    [20, 20, 80, 20, "cat 0.91"],
    [40, 45, 20, 10, "a car"],
  ]);
});

test("boxes may lie in a file of their own, and one that is not there draws nothing", async () => {
  const kept = { boxes: { predictions: { sha256: "ab", suffix: ".json" }, lost: { sha256: "cd" } } };
  const read = (held: unknown) => Promise.resolve(held === kept.boxes.predictions ? record.boxes.predictions : null);
  const found = (await boxesOf(kept, size, read)).map(({ set, left, label }) => [set, left, label]);
  expect(found).toEqual([["predictions", 20, "cat 0.91"], ["predictions", 40, "a car"]]);
  expect([setsOf(kept), setsOf(record), setsOf({})]).toEqual([["predictions", "lost"], ["predictions", "truth"], []]);
});

test("a picture without boxes or masks has none", async () => {
  expect([await boxesOf({}, size, nothing), masksOf({ masks: 3 })]).toEqual([[], []]);
  expect(masksOf(record).map(({ set, labels }) => [set, labels])).toEqual([["truth", { "2": "road" }]]);
});

test("each class of a mask gets its colour and the background stays clear", () => {
  const pixels = Uint8ClampedArray.of(0, 0, 0, 255, 2, 2, 2, 255);
  expect(colourMask(pixels, (id) => (id === 2 ? "#0A0B0C" : "#FFFFFF"))).toEqual([2]);
  expect([pixels[3], ...pixels.slice(4, 7), (pixels[7] ?? 0) > 100]).toEqual([0, 10, 11, 12, true]);
});
