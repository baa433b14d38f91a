// Parts of a Plotly scene that need no state: its layout on the page, a patch over a trace, places on the screen.
import { z } from "zod";
import type { DrawnHost } from "plotly.js-strict-dist-min";
import type { Camera, Projection } from "./camera";
import { isSolid, Trace, type SceneContent } from "./moves";
import type { Project } from "./sceneoverlay";

const CLEAR = "rgba(0,0,0,0)";
export const AT_ONCE = { mode: "immediate", transition: { duration: 0 }, frame: { duration: 0, redraw: true } };
const LOW = { x: 0.01, xanchor: "left", y: 0.01, yanchor: "bottom" }; // the words stand above
const FLAT_MARGIN = { l: 64, r: 24, b: 56 };

export interface Look {
  camera: Camera;
  projection: Projection;
  headPx: number; // room for the words above a flat figure
}

/** The figure's layout on the page's ground: the page says title and notes, the canvas takes the whole place. */
export function laidOut({ data, layout }: SceneContent, { camera, projection, headPx }: Look): Trace {
  const isFlat = !data.some(isSolid);
  const scene = typeof layout.scene === "object" ? { scene: { ...layout.scene, bgcolor: CLEAR, camera: { ...camera, projection: { type: projection } } } } : {};
  const margin = isFlat ? { ...FLAT_MARGIN, t: headPx } : { l: 0, r: 0, t: 0, b: 0, autoexpand: false };
  const legend = isFlat ? {} : { legend: { ...Trace.catch({}).parse(layout.legend), ...LOW } };
  const place = { ...legend, margin, autosize: true, width: undefined, height: undefined, title: undefined };
  return { ...layout, ...scene, ...place, paper_bgcolor: CLEAR, plot_bgcolor: CLEAR };
}

const INSIDE = { x: 1, xanchor: "right", xpad: 16 };

const Part = z.object({ colorbar: Trace, showscale: z.boolean() }).partial();

/** A bar is moved, never made: a part that names one gets one, whatever it says beside. */
function withBar(part: unknown, hasOne = false): unknown {
  const told = Part.safeParse(part);
  if (!told.success || !(told.data.showscale ?? (hasOne || told.data.colorbar !== undefined))) return part;
  return { ...Trace.parse(part), colorbar: { ...INSIDE, ...told.data.colorbar } };
}

/** A trace of a scene as the canvas takes it: its colour bar lies within, so that nothing narrows the scene. */
export function inside(trace: Trace): Trace {
  const { type, marker, line } = trace;
  if (type !== "scatter3d") return Trace.parse(withBar(trace, type === "surface"));
  return { ...trace, ...(marker === undefined ? {} : { marker: withBar(marker) }), ...(line === undefined ? {} : { line: withBar(line) }) };
}

/** The patch laid over the trace, one storey deep: {marker: {color}} leaves the marker's size. */
export function merged(trace: Trace, patch: Trace): Trace {
  const entries = Object.entries(patch).map(([name, held]): [string, unknown] => {
    const old = trace[name];
    const isPart = typeof held === "object" && held !== null && !Array.isArray(held) && !ArrayBuffer.isView(held) && typeof old === "object" && old !== null;
    return [name, isPart ? { ...old, ...held } : held];
  });
  return { ...trace, ...Object.fromEntries(entries) };
}

function times(m: ArrayLike<number>, v: number[]): number[] {
  return [0, 1, 2, 3].map((row) => [0, 1, 2, 3].reduce((sum, column) => sum + (m[column * 4 + row] ?? 0) * (v[column] ?? 0), 0));
}

/** From data to pixels of `overlay`, with the camera as it is; null while no scene is drawn. */
export function projection(host: DrawnHost | null, overlay: HTMLElement): Project | null {
  const layout = host?._fullLayout?.scene;
  const [scene, plot] = [layout?._scene, layout?._scene?.glplot];
  if (!layout || !scene?.dataScale || !plot) return null;
  const [scale, axes] = [scene.dataScale, [layout.xaxis, layout.yaxis, layout.zaxis]];
  const box = plot.canvas.getBoundingClientRect();
  const home = overlay.getBoundingClientRect();
  const { model, view, projection: lens } = plot.cameraParams;
  return (...place) => {
    const scaled = place.map((value, i) => (axes[i]?.d2l?.(value) ?? value) * (scale[i] ?? 1));
    const [x = 0, y = 0, , w = 0] = times(lens, times(view, times(model, [...scaled, 1])));
    if (!(w > 0) || !Number.isFinite(x / w)) return null;
    return [box.left - home.left + ((x / w + 1) / 2) * box.width, box.top - home.top + ((1 - y / w) / 2) * box.height];
  };
}
