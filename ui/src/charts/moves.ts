// What a figure says about itself, and what changes in it when the step moves: its Plotly frames, named by their step.
import { z } from "zod";
import { Camera, PRESETS } from "./camera";
import { placeAt } from "./clock";
import { decoded, lengthOf } from "./decode";

export type Trace = Record<string, unknown>;
export const Trace = z.record(z.string(), z.unknown());

/** A figure as it came from the server. */
export interface SceneContent {
  data: Trace[];
  layout: Record<string, unknown>;
  frames: Trace[];
  /** A kept cloud as it lies in its file: (n, width) row-major. */
  points?: { values: Float32Array; width: number } | undefined;
}

const Meta = z.object({
  title: z.string().catch(""),
  origin: z.string().catch(""),
  notes: z.array(z.string()).catch([]),
  missing: z.string().catch(""),
  cameras: z.record(z.string(), Camera).catch(PRESETS),
});
export type Meta = z.infer<typeof Meta>;

export function metaOf(content: SceneContent | undefined): Meta {
  return Meta.parse(content?.layout.meta ?? {});
}

/** The camera that a figure was made with, if it says so. */
export function ownCamera(content: SceneContent | undefined): Camera | null {
  const scene = z.object({ camera: Camera }).safeParse(content?.layout.scene);
  return scene.success ? scene.data.camera : null;
}

const SOLID = new Set(["scatter3d", "surface", "mesh3d", "cone", "streamtube", "volume", "isosurface"]);
export const isSolid = (trace: Trace): boolean => SOLID.has(String(trace.type));

const Frame = z.object({ name: z.coerce.number(), traces: z.array(z.number()).default([]), data: z.array(Trace).default([]) });

/** What one frame changes in one trace. */
export interface Change {
  trace: number;
  data: Trace;
}

/** The frames of a figure in the order of their steps; arrays are unpacked when a frame is first shown. */
export class Moves {
  readonly steps: number[];
  private readonly frames: z.infer<typeof Frame>[];
  private readonly ready = new Map<number, Change[]>();

  constructor(content: SceneContent) {
    const parsed = content.frames.flatMap((frame) => {
      const one = Frame.safeParse(frame);
      return one.success && Number.isFinite(one.data.name) ? [one.data] : [];
    });
    this.frames = parsed.sort((a, b) => a.name - b.name);
    this.steps = this.frames.map((frame) => frame.name);
  }

  /** What stands at this step: the changes of the last frame not after it. */
  at(step: number): Change[] {
    const place = placeAt(this.steps, step);
    const frame = this.frames[place];
    if (!frame) return [];
    const held = this.ready.get(place);
    if (held) return held;
    const changes = frame.data.map((data, i) => ({ trace: frame.traces[i] ?? i, data: Trace.parse(decoded(data)) }));
    this.ready.set(place, changes);
    return changes;
  }

  /** The traces that any frame changes. */
  touched(): Set<number> {
    return new Set(this.frames.flatMap((frame) => frame.data.map((_, i) => frame.traces[i] ?? i)));
  }
}

const LIGHT_POINTS_MAX = 500;
const isPlainColour = (held: unknown) => held === undefined || held === null || typeof held === "string";
const Painted = z.object({ color: z.unknown(), size: z.unknown() }).partial();

/** Traces that move and are so light that they are painted over the scene, which then need not be drawn anew. */
export function lightTraces(content: SceneContent, moves: Moves): Set<number> {
  const light = [...moves.touched()].filter((index) => {
    const trace = content.data[index];
    if (!trace || trace.type !== "scatter3d" || trace.hoverinfo !== "skip" || (trace.scene ?? "scene") !== "scene") return false;
    const [marker, line] = [trace.marker, trace.line].map((held) => Painted.safeParse(held ?? {}));
    const isPlain = isPlainColour(marker?.data?.color) && isPlainColour(line?.data?.color) && !Array.isArray(marker?.data?.size);
    return isPlain && lengthOf(trace.x) <= LIGHT_POINTS_MAX;
  });
  return new Set(light);
}

/** Points of all scatter3d traces, or of the kept cloud. */
export function pointCount(content: SceneContent): number {
  if (content.points) return Math.floor(content.points.values.length / content.points.width);
  return content.data.filter((trace) => trace.type === "scatter3d").reduce((sum, trace) => sum + lengthOf(trace.x), 0);
}
