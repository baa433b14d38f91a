import { expect, test } from "vitest";
import { boxEdges, sceneTraces, solidsOf } from "./solids";

type Place = [number, number, number];

test("a cloud in W&B's JSON is rows of numbers, or a scene that has them as points", () => {
  expect(solidsOf([[1, 2, 3, 4], [5, 6, 7, Number.NaN]])).toEqual({ points: Float32Array.of(1, 2, 3, 4, 5, 6, 7, Number.NaN), width: 4, boxes: [], vectors: [] });
  expect(solidsOf({ type: "lidar/beta", points: [[1, 2, 3]], boxes: [7] })).toMatchObject({ width: 3, boxes: [7], vectors: [] });
  expect(solidsOf([])?.points.length).toBe(0);
  expect([solidsOf("v 0 0 0"), solidsOf(null), solidsOf([[1, 2]]), solidsOf([[1, 2, 3], [1, 2]]), solidsOf({ points: [["a"]] })]).toEqual([null, null, null, null, null]);
});

const length = (from: Place | undefined, to: Place | undefined) => Math.hypot(...[0, 1, 2].map((axis) => (from?.[axis] ?? 0) - (to?.[axis] ?? 0)));

test("a box has its twelve sides in whatever order its corners come", () => {
  const bits: Place[] = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => [n & 1, (n >> 1) & 1, n >> 2]);
  const mixed: Place[] = [[0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]];
  for (const corners of [bits, mixed]) {
    const edges = boxEdges(corners);
    expect(edges.map(([from, to]) => length(corners[from], corners[to]))).toEqual(Array(12).fill(1));
    expect(new Set(edges.map((edge) => [...edge].sort().join())).size).toBe(12);
  }
});

test("points, boxes with their colour, and arrows with heads are drawn; what is no box is left out", () => {
  const corners: Place[] = [[0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]];
  const scene = { points: Float32Array.of(1, 2, 3), width: 3, boxes: [{ corners, label: "car", color: [1, 2, 3] }, {}], vectors: [{ start: [0, 0, 0], end: [0, 0, 2] }, 5] };
  const traces = sceneTraces(scene);
  expect(traces.map(({ type, mode }) => [type, mode])).toEqual([["scatter3d", "markers"], ["scatter3d", "lines"], ["scatter3d", "lines"], ["cone", undefined]]);
  expect(traces[1]).toMatchObject({ name: "car", line: { color: "rgb(1,2,3)" } });
  expect(traces[3]).toMatchObject({ z: [2], w: [2], u: [0] });
});
