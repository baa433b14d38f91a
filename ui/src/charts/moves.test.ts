import { expect, test } from "vitest";
import { placeAt } from "./clock";
import { decoded, lengthOf, numbers } from "./decode";
import { lightTraces, Moves, pointCount } from "./moves";

const packed = (values: number[]) => ({ dtype: "f4", bdata: Buffer.from(new Float32Array(values).buffer).toString("base64") });

test("the last frame not after the step is shown, the first before all, none of none", () => {
  expect([0, 10, 15, 20, 99].map((step) => placeAt([10, 20], step))).toEqual([0, 0, 0, 1, 1]);
  expect(placeAt([], 5)).toBe(-1);
});

test("packed arrays, lists and typed arrays are numbers; what is no number is NaN", () => {
  expect([...Array.from(numbers(packed([1, 2.5])))]).toEqual([1, 2.5]);
  expect(Array.from(numbers([1, null, "a"]))).toEqual([1, NaN, NaN]);
  expect(Array.from(numbers(new Int32Array([7])))).toEqual([7]);
  expect(Array.from(numbers("step"))).toEqual([]);
});

test("a packed array of two axes becomes rows", () => {
  const rows = decoded({ ...packed([1, 2, 3, 4, 5, 6]), shape: "2, 3" });
  expect(rows).toEqual([new Float32Array([1, 2, 3]), new Float32Array([4, 5, 6])]);
});

test("a length is known without unpacking", () => {
  expect([lengthOf(packed([1, 2, 3])), lengthOf([1, 2]), lengthOf(new Float32Array(4)), lengthOf(undefined)]).toEqual([3, 2, 4, 0]);
});

const ring = { type: "scatter3d", mode: "markers", hoverinfo: "skip", x: [0], y: [0], z: [0], marker: { size: 11, color: "red" } };
const frames = [
  { name: "20", traces: [1], data: [{ x: [2] }] },
  { name: "3", traces: [1], data: [{ x: packed([1]) }] },
];

test("frames stand in the order of their steps whatever their names sort as", () => {
  const moves = new Moves({ data: [], layout: {}, frames });
  expect(moves.steps).toEqual([3, 20]);
  expect(moves.at(19)).toEqual([{ trace: 1, data: { x: new Float32Array([1]) } }]);
  expect(moves.at(20)).toEqual([{ trace: 1, data: { x: [2] } }]);
});

test("only light marks that one cannot hover are painted over the scene", () => {
  const content = { data: [{ type: "surface" }, ring], layout: {}, frames };
  expect([...lightTraces(content, new Moves(content))]).toEqual([1]);
  const hovered = { ...content, data: [{ type: "surface" }, { ...ring, hoverinfo: "text" }] };
  expect(lightTraces(hovered, new Moves(hovered)).size).toBe(0);
  const coloured = { ...content, data: [{ type: "surface" }, { ...ring, marker: { color: [1] } }] };
  expect(lightTraces(coloured, new Moves(coloured)).size).toBe(0);
});

test("points of all scatter3d traces are counted", () => {
  expect(pointCount({ data: [ring, { type: "scatter3d", x: packed([1, 2]) }, { type: "surface", x: [1, 2, 3] }], layout: {}, frames: [] })).toBe(3);
});
