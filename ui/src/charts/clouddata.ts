// From scatter3d traces, or from a kept 3-D thing, to typed arrays that a graphics card takes.
import { z } from "zod";
import { joined, ownColours, ramped, shadesOf, spread, type Bar, type Shades } from "./cloudcolours";
import { numbers } from "./decode";
import type { SceneContent } from "./moves";

export interface CloudAxis {
  title: string;
  isLog: boolean; // then low and high are exponents of ten
  low: number;
  high: number;
}

/** Points of all traces in one order, mixed by a fixed shuffle so that any first part of it is a fair sample. */
export interface Cloud {
  count: number;
  places: Float32Array; // (3 n,) in the box: each axis from -side/2 to side/2
  colours: Uint8Array; // (3 n,) red, green, blue
  order: Uint32Array; // (n,) the number of each point as it was logged
  values: ArrayLike<number>[]; // x, y, z as logged, each (n,), unmixed
  shades: ArrayLike<number>; // (n,) what the colour says, unmixed; empty when it is no number
  bar: Bar | null; // what its colours mean
  axes: CloudAxis[];
  sides: [number, number, number];
  unfinished: number; // points left out because one of their numbers is not finite
}

const Axis = z.object({ title: z.union([z.string(), z.object({ text: z.string().optional() }).transform(({ text }) => text ?? "")]).catch(""), type: z.string().catch("linear"), range: z.array(z.number()).length(2).optional().catch(undefined) });
const Sides = z.object({ x: z.number(), y: z.number(), z: z.number() });

/** A fixed shuffle of 0 … n-1 (Fisher and Yates, with a linear congruential generator). */
export function shuffled(n: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  let state = 0x9e3779b9;
  for (let i = n - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 4294967296) * (i + 1));
    const held = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = held;
  }
  return order;
}

function axisOf(held: unknown, values: Float64Array, name: string): { axis: CloudAxis; drawn: Float64Array } {
  const told = Axis.catch({ title: "", type: "linear", range: undefined }).parse(held ?? {});
  const isLog = told.type === "log";
  const drawn = isLog ? values.map((value) => (value > 0 ? Math.log10(value) : Number.NaN)) : values;
  const [low, high] = told.range && told.range[0] !== told.range[1] ? [told.range[0] ?? 0, told.range[1] ?? 1] : spread(drawn);
  const air = high > low ? 0 : Math.abs(low) * 0.1 || 1;
  return { axis: { title: told.title || name, isLog, low: low - air, high: high + air }, drawn };
}

/** The points of a figure's scatter3d traces. */
export function cloudOf({ data, layout }: SceneContent): Cloud {
  const traces = data.filter((trace) => trace.type === "scatter3d" && String(trace.mode ?? "markers").includes("markers"));
  const scene = z.record(z.string(), z.unknown()).catch({}).parse(layout.scene ?? {});
  const columns = ["x", "y", "z"].map((name) => joined(traces.map((trace) => numbers(trace[name]))));
  const axes = ["x", "y", "z"].map((name, i) => axisOf(scene[`${name}axis`], columns[i] ?? new Float64Array(), name));
  const sides = Sides.safeParse(scene.aspectmode === "manual" ? scene.aspectratio : undefined);
  const shape: [number, number, number] = sides.success ? [sides.data.x, sides.data.y, sides.data.z] : [1, 1, 1];
  return { ...placed(axes, shape, shadesOf(traces)), values: columns };
}

/** Points (n, width) of a kept thing: x y z, then nothing, a class, or r g b. */
export function cloudOfPoints(points: Float32Array, width: number): Cloud {
  const n = Math.floor(points.length / width);
  const column = (at: number) => Float64Array.from({ length: n }, (_, i) => points[i * width + at] ?? Number.NaN);
  const columns = [0, 1, 2].map(column);
  const axes = ["x", "y", "z"].map((name, i) => axisOf({}, columns[i] ?? new Float64Array(), name));
  const reach = Math.max(...axes.map(({ axis }) => axis.high - axis.low));
  const sides = axes.map(({ axis }) => Math.max(0.05, (axis.high - axis.low) / reach));
  const rgb = width === 6 ? [3, 4, 5].map(column) : null;
  return { ...placed(axes, [sides[0] ?? 1, sides[1] ?? 1, sides[2] ?? 1], rgb ? ownColours(rgb) : ramped(column(width === 4 ? 3 : 2))), values: columns };
}

function placed(axes: { axis: CloudAxis; drawn: Float64Array }[], sides: [number, number, number], shades: Shades): Omit<Cloud, "values"> {
  const n = axes[0]?.drawn.length ?? 0;
  const order = shuffled(n);
  const places = new Float32Array(3 * n);
  const colours = new Uint8Array(3 * n);
  let count = 0;
  for (let k = 0; k < n; k++) {
    const i = order[k] ?? 0;
    let isKnown = true;
    for (let a = 0; a < 3; a++) {
      const one = axes[a];
      const part = one ? ((one.drawn[i] ?? NaN) - one.axis.low) / (one.axis.high - one.axis.low) - 0.5 : NaN;
      isKnown &&= Number.isFinite(part);
      places[3 * count + a] = part * (sides[a] ?? 1);
    }
    if (!isKnown) continue;
    colours.set(shades.colourAt(i), 3 * count);
    order[count] = i;
    count += 1;
  }
  return { count, places, colours, order, shades: shades.numbers, bar: shades.bar, axes: axes.map(({ axis }) => axis), sides, unfinished: n - count };
}
