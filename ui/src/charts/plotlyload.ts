// The library is 5 MB (every trace type) and a chunk of its own, loaded when the first figure is shown.
export const loadPlotly = () => import("plotly.js-strict-dist-min").then((loaded) => loaded.default);

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

/** Begins what the first scene waits for: the library, and the browser's graphics process. */
export function warmUp(): void {
  void loadPlotly();
  isSoftwareGl();
}
