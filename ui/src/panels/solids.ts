// From kept 3-D data to Plotly traces.
import { z } from "zod";

const Point = z.tuple([z.number(), z.number(), z.number()]);
const Colour = z.tuple([z.number(), z.number(), z.number()]);
const Box = z.object({ corners: z.array(Point).length(8), label: z.string().default(""), color: Colour.optional() });
const Arrow = z.object({ start: Point, end: Point });
const Rows = z.custom<number[][]>((told) => Array.isArray(told) && told.every(isRow)); // z.number() refuses NaN, and takes its time
const Scene = z.object({ points: Rows.default([]), boxes: z.array(z.unknown()).default([]), vectors: z.array(z.unknown()).default([]) });

type Place = z.infer<typeof Point>;
type Trace = Record<string, unknown>;

export interface Solids {
  points: Float32Array; // (n, width) row-major: x y z, then a class, or r g b
  width: number;
  boxes: unknown[]; // of eight corners each
  vectors: unknown[]; // from a start to an end
}

function isRow(row: unknown): boolean {
  return Array.isArray(row) && row.every((cell) => typeof cell === "number");
}

/** A cloud in W&B's JSON: rows of 3, 4 or 6 numbers, or a scene that has them as "points". Null when it is neither. */
export function solidsOf(told: unknown): Solids | null {
  const scene = Scene.safeParse(Array.isArray(told) ? { points: told } : told);
  if (!scene.success || told === null) return null;
  const { points, boxes, vectors } = scene.data;
  const width = points[0]?.length ?? 3;
  if (width < 3 || points.some((row) => row.length !== width)) return null;
  return { points: Float32Array.from(points.flat()), width, boxes, vectors };
}

function column(points: Float32Array, width: number, at: number): number[] {
  return Array.from({ length: points.length / width }, (_, i) => points[i * width + at] ?? Number.NaN);
}

function colours(points: Float32Array, width: number): unknown {
  if (width === 4) return column(points, width, 3);
  if (width !== 6) return column(points, width, 2);
  const [r, g, b] = [3, 4, 5].map((at) => column(points, width, at));
  return r?.map((red, i) => `rgb(${red},${g?.[i]},${b?.[i]})`);
}

/** The twelve edges of a box, whatever order its corners come in: each is the first one plus some of three sides. */
export function boxEdges(corners: Place[]): [number, number][] {
  const origin = corners[0] ?? [0, 0, 0];
  const offsets = corners.map((corner) => corner.map((value, axis) => value - (origin[axis] ?? 0)));
  const reach = Math.max(...offsets.flat().map(Math.abs), 1e-30);
  const find = (sides: number[]) =>
    offsets.findIndex((offset) => offset.every((value, axis) => Math.abs(value - sides.reduce((sum, i) => sum + (offsets[i]?.[axis] ?? 0), 0)) < 1e-4 * reach));
  for (let i = 1; i < 8; i++)
    for (let j = i + 1; j < 8; j++)
      for (let k = j + 1; k < 8; k++) {
        const order = [[], [i], [j], [i, j], [k], [i, k], [j, k], [i, j, k]].map(find);
        if (new Set(order).size === 8 && !order.includes(-1)) return BIT_EDGES.map(([from, to]) => [order[from] ?? 0, order[to] ?? 0]);
      }
  return BIT_EDGES; // no box, but eight places: joined in the order of their numbers' bits
}

const BIT_EDGES: [number, number][] = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((from) =>
  [1, 2, 4].filter((bit) => !(from & bit)).map((bit): [number, number] => [from, from | bit]),
);

function segments(lines: [Place | undefined, Place | undefined][], more: Trace): Trace {
  const along = lines.flatMap(([from, to]) => [from, to, null]);
  const axis = (at: 0 | 1 | 2) => along.map((place) => place?.[at] ?? null);
  return { type: "scatter3d", mode: "lines", x: axis(0), y: axis(1), z: axis(2), ...more };
}

function boxTrace(box: unknown): Trace[] {
  const parsed = Box.safeParse(box);
  if (!parsed.success) return [];
  const { corners, label, color } = parsed.data;
  const line = { width: 3, ...(color ? { color: `rgb(${color.join(",")})` } : {}) };
  return [segments(boxEdges(corners).map(([from, to]) => [corners[from], corners[to]]), { name: label, line, hoverinfo: label ? "name" : "skip" })];
}

function arrowTraces(vectors: unknown[]): Trace[] {
  const arrows = vectors.flatMap((vector) => {
    const parsed = Arrow.safeParse(vector);
    return parsed.success ? [parsed.data] : [];
  });
  if (!arrows.length) return [];
  const at = (axis: 0 | 1 | 2) => arrows.map(({ end }) => end[axis]);
  const along = (axis: 0 | 1 | 2) => arrows.map(({ start, end }) => end[axis] - start[axis]);
  const heads: Trace = {
    type: "cone", anchor: "tip", showscale: false, sizemode: "scaled", sizeref: 0.15, hoverinfo: "skip",
    x: at(0), y: at(1), z: at(2), u: along(0), v: along(1), w: along(2),
  };
  return [segments(arrows.map(({ start, end }) => [start, end]), { line: { width: 3 }, hoverinfo: "skip" }), heads];
}

/** The points, boxes and arrows of a scene. */
export function sceneTraces({ points, width, boxes, vectors }: Solids): Trace[] {
  const [x, y, z] = [0, 1, 2].map((at) => column(points, width, at));
  const marker = { size: 2, color: colours(points, width), colorscale: "Viridis" };
  const cloud: Trace = { type: "scatter3d", mode: "markers", x, y, z, marker, hoverinfo: "x+y+z" };
  return [...(points.length ? [cloud] : []), ...boxes.flatMap(boxTrace), ...arrowTraces(vectors)];
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
