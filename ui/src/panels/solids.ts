// From kept 3-D data to Plotly traces.
import { z } from "zod";

const Box = z.object({ corners: z.array(z.tuple([z.number(), z.number(), z.number()])).length(8), label: z.string().default("") });
const EDGES: [number, number][] = [
  [0, 1], [1, 3], [3, 2], [2, 0],
  [4, 5], [5, 7], [7, 6], [6, 4],
  [0, 4], [1, 5], [2, 6], [3, 7],
]; // corners as W&B orders them: bits of x, y, z

type Trace = Record<string, unknown>;

function column(points: Float32Array, width: number, at: number): number[] {
  return Array.from({ length: points.length / width }, (_, i) => points[i * width + at] ?? Number.NaN);
}

function colours(points: Float32Array, width: number): unknown {
  if (width === 4) return column(points, width, 3);
  if (width !== 6) return column(points, width, 2);
  const [r, g, b] = [3, 4, 5].map((at) => column(points, width, at));
  return r?.map((red, i) => `rgb(${red},${g?.[i]},${b?.[i]})`);
}

function boxTrace(box: unknown): Trace[] {
  const parsed = Box.safeParse(box);
  if (!parsed.success) return [];
  const { corners, label } = parsed.data;
  const line = EDGES.flatMap(([from, to]) => [corners[from], corners[to], null]);
  const axis = (at: 0 | 1 | 2) => line.map((corner) => corner?.[at] ?? null);
  return [{ type: "scatter3d", mode: "lines", x: axis(0), y: axis(1), z: axis(2), name: label, line: { width: 3 } }];
}

/** points (n, width) row-major: x y z, then a class, or r g b; and boxes of eight corners. */
export function sceneTraces(points: Float32Array, width: number, boxes: unknown[]): Trace[] {
  const [x, y, z] = [0, 1, 2].map((at) => column(points, width, at));
  const marker = { size: 2, color: colours(points, width), colorscale: "Viridis" };
  const cloud: Trace = { type: "scatter3d", mode: "markers", x, y, z, marker, hoverinfo: "x+y+z" };
  return [...(points.length ? [cloud] : []), ...boxes.flatMap(boxTrace)];
}

/** A Wavefront .obj as one mesh; a face of more than three corners is cut into a fan. */
export function meshTrace(text: string): Trace {
  const vertices: number[][] = [];
  const faces: number[][] = [];
  for (const line of text.split("\n")) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === "v") vertices.push(rest.slice(0, 3).map(Number));
    if (word !== "f") continue;
    const corners = rest.map((part) => Number(part.split("/")[0])).map((n) => (n < 0 ? vertices.length + n : n - 1));
    for (let i = 2; i < corners.length; i++) faces.push([corners[0] ?? 0, corners[i - 1] ?? 0, corners[i] ?? 0]);
  }
  const [x, y, z] = [0, 1, 2].map((at) => vertices.map((vertex) => vertex[at]));
  const [i, j, k] = [0, 1, 2].map((at) => faces.map((face) => face[at]));
  return { type: "mesh3d", x, y, z, i, j, k, flatshading: true };
}
