import { Matrix4 } from "three";
import { expect, test } from "vitest";
import { ramped, rgbOf, spread, table } from "./cloudcolours";
import { cloudOf, shuffled } from "./clouddata";
import { pick } from "./cloudpick";
import { ticks } from "./ticks";

const SCALE: [number, string][] = [[0, "#000000"], [0.5, "#ff0000"], [1, "rgb(255, 255, 255)"]];

test("a scale is blended between its stops, wherever they lie", () => {
  const colours = table(SCALE);
  expect(colours[0]).toEqual([0, 0, 0]);
  expect(colours[255]).toEqual([255, 255, 255]);
  expect(colours[64]?.[0]).toBeCloseTo(128, -1);
  expect(rgbOf("#0a141e")).toEqual([10, 20, 30]);
});

test("numbers take their colours from the smallest to the largest finite one", () => {
  const shades = ramped([3, NaN, 5, Infinity], SCALE);
  expect(shades.colourAt(0)).toEqual([0, 0, 0]);
  expect(shades.colourAt(2)).toEqual([255, 255, 255]);
  expect(spread([NaN])).toEqual([0, 1]);
});

test("the shuffle is the same every time and loses nothing", () => {
  const order = shuffled(1000);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  expect(order).toEqual(shuffled(1000));
});

const trace = { type: "scatter3d", mode: "markers", x: [0, 10, NaN, 5], y: [0, 1, 0, 1], z: [1, 100, 10, 10], marker: { color: [0, 1, 2, 3], colorscale: SCALE } };
const layout = { scene: { zaxis: { type: "log", title: { text: "loss" } }, aspectmode: "manual", aspectratio: { x: 2, y: 1, z: 1 } } };

test("points lie in the box by their share of each axis; a log axis by its exponents; what is not finite is left out", () => {
  const cloud = cloudOf({ data: [trace], layout, frames: [] });
  expect([cloud.count, cloud.unfinished]).toEqual([3, 1]);
  expect(cloud.axes.map(({ low, high }) => [low, high])).toEqual([[0, 10], [0, 1], [0, 2]]);
  const places = new Map([...cloud.order.slice(0, 3)].map((point, i) => [point, [...cloud.places.slice(3 * i, 3 * i + 3)]]));
  expect(places.get(0)).toEqual([-1, -0.5, -0.5]);
  expect(places.get(1)).toEqual([1, 0.5, 0.5]);
  expect(places.get(3)).toEqual([0, 0.5, 0]);
});

test("the nearest point within reach is picked", () => {
  const places = new Float32Array([0, 0, 0, 0.5, 0, 0]);
  const straight = new Matrix4(); // x from -1 to 1 over the whole width
  expect(pick(places, 2, straight, 100, 100, 76, 51)).toBe(1);
  expect(pick(places, 2, straight, 100, 100, 60, 50)).toBe(-1);
  expect(pick(places, 1, straight, 100, 100, 75, 50)).toBe(-1);
});

test("ticks are round, powers of ten on a log axis, and one value has one", () => {
  expect(ticks(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(ticks(-0.3, 0.21, 5)).toEqual([-0.3, -0.2, -0.1, 0, 0.1, 0.2]);
  expect(ticks(-7.2, 0, 5, true)).toEqual([-6, -4, -2, 0]);
  expect(ticks(3, 3, 5)).toEqual([3]);
});
