// Which Plotly draws a figure: the one of 3-D scenes alone, in half the time to start, or the one with every trace type.
import type { Plotly } from "plotly.js-strict-dist-min";

export interface Traced {
  data: unknown[];
}

export const GL3D_TRACES = ["scatter", "scatter3d", "surface", "mesh3d", "cone", "streamtube", "isosurface", "volume"];
const FIRST_TYPE = "scatter"; // what a trace is that does not say it

const gl3d = () => import("plotly.js-gl3d-dist-min").then((loaded) => loaded.default);
const every = () => import("plotly.js-strict-dist-min").then((loaded) => loaded.default);

const typeOf = (trace: unknown): unknown => (typeof trace === "object" && trace !== null && "type" in trace ? trace.type : FIRST_TYPE);

/** Whether the small library has every trace type of a figure. */
export const isGl3d = ({ data }: Traced): boolean => data.every((trace) => GL3D_TRACES.some((type) => type === typeOf(trace)));

/** The library that draws a figure; each is a chunk of its own, loaded when the first figure asks for it. */
export const plotlyFor = (figure: Traced): Promise<Plotly> => (isGl3d(figure) ? gl3d() : every());

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
let known: boolean | undefined;

/** Whether WebGL is computed by the processor here: then pictures are drawn with fewer pixels, so that they can be turned. */
export function isSoftwareGl(): boolean {
  if (known !== undefined) return known;
  const gl = document.createElement("canvas").getContext("webgl");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  known = gl && info ? SOFTWARE.test(String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL))) : false;
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return known;
}

/** Begins what the first scene waits for: the library of scenes, and the browser's graphics process. */
export function warmUp(): void {
  void gl3d();
  isSoftwareGl();
}
