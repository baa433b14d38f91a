// The colour of each point of a cloud: from a number on a scale, from its trace, or its own.
import { z } from "zod";
import { token } from "./colours";
import { numbers } from "./decode";
import type { Trace } from "./moves";

type Rgb = [number, number, number];

/** What the colours of a cloud mean: a scale from low to high, `stops` as a CSS gradient has them. */
export interface Bar {
  title: string;
  low: number;
  high: number;
  stops: string[];
}

export interface Shades {
  numbers: ArrayLike<number>; // empty when the colour is no number
  colourAt: (i: number) => Rgb;
  bar: Bar | null;
}

const limit = z.number().optional().catch(undefined);
const Titled = z.object({ title: z.object({ text: z.string() }) }).transform(({ title }) => title.text).catch("");
const Marker = z.object({ color: z.unknown(), cmin: limit, cmax: limit, colorscale: z.unknown(), colorbar: Titled });
const Scale = z.array(z.tuple([z.number(), z.string()])).min(2);

/** Several arrays as one. */
export function joined(parts: ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The smallest and the largest finite number; 0 and 1 when there is none. */
export function spread(values: ArrayLike<number>): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (value < low && value > -Infinity) low = value;
    if (value > high && value < Infinity) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}


/** "#rrggbb" or "rgb(…)" as three bytes. */
export function rgbOf(colour: string): Rgb {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(colour) ?? /rgba?\((\d+), ?(\d+), ?(\d+)/.exec(colour);
  const base = colour.startsWith("#") ? 16 : 10;
  const [red = 90, green = 120, blue = 160] = (found ?? []).slice(1, 4).map((part) => Number.parseInt(part, base));
  return [red, green, blue];
}

const LEVELS = 256;
const BLACK: [number, Rgb] = [0, [0, 0, 0]];

/** Red, green, blue of LEVELS even places on a colour scale. */
export function table(scale: [number, string][]): Rgb[] {
  const stops = scale.map(([at, colour]): [number, Rgb] => [at, rgbOf(colour)]);
  return Array.from({ length: LEVELS }, (_, level) => {
    const at = level / (LEVELS - 1);
    const next = Math.max(1, stops.findIndex(([place]) => place >= at));
    const [from, low] = stops[next - 1] ?? BLACK;
    const [to, high] = stops[next] ?? BLACK;
    const share = to > from ? (at - from) / (to - from) : 0;
    const mix = (c: 0 | 1 | 2) => Math.round(low[c] + (high[c] - low[c]) * share);
    return [mix(0), mix(1), mix(2)];
  });
}

function ownScale(): [number, string][] {
  const stops = token("--sequential-ramp").split(",").map((stop) => stop.trim());
  return stops.map((stop, i) => [i / (stops.length - 1), stop]);
}

/** Colours of numbers on a scale; the page's own when none is named. */
export function ramped(values: ArrayLike<number>, scale = ownScale(), range = spread(values), title = ""): Shades {
  const [low, high] = range;
  const held = table(scale);
  const colourAt = (i: number): Rgb => held[Math.max(0, Math.min(LEVELS - 1, Math.round((((values[i] ?? 0) - low) / (high - low || 1)) * (LEVELS - 1))))] ?? [0, 0, 0];
  return { numbers: values, colourAt, bar: { title, low, high, stops: scale.map(([at, colour]) => `${colour} ${at * 100}%`) } };
}

/** Colours that the points brought with them: red, green and blue from 0 to 255. */
export function ownColours(rgb: ArrayLike<number>[]): Shades {
  return { numbers: [], colourAt: (i) => [rgb[0]?.[i] ?? 0, rgb[1]?.[i] ?? 0, rgb[2]?.[i] ?? 0], bar: null };
}

/** Colours of a figure's traces: numbers on one scale, or one colour for each trace. */
export function shadesOf(traces: Trace[]): Shades {
  const markers = traces.map((trace) => ({ marker: Marker.parse(trace.marker ?? {}), n: numbers(trace.x).length }));
  const [first] = markers;
  const columns = markers.map(({ marker }) => numbers(marker.color));
  if (first && markers.every(({ n }, i) => columns[i]?.length === n && Number.isFinite(columns[i]?.[0]))) {
    const { cmin, cmax, colorscale, colorbar } = first.marker;
    const scale = Scale.safeParse(colorscale);
    const all = joined(columns);
    return ramped(all, scale.success ? scale.data : undefined, cmin !== undefined && cmax !== undefined ? [cmin, cmax] : undefined, colorbar);
  }
  const colours = markers.map(({ marker }) => rgbOf(typeof marker.color === "string" ? marker.color : token("--run-0")));
  const ends = markers.reduce<number[]>((sums, { n }) => [...sums, (sums.at(-1) ?? 0) + n], []);
  return { numbers: [], colourAt: (i) => colours[ends.findIndex((end) => i < end)] ?? [0, 0, 0], bar: null };
}
