// A figure as a small picture without words: drawn out of sight, copied, thrown away.
import { FIRST_CAMERA, type Camera } from "./camera";
import { ownCamera, type SceneContent, type Trace } from "./moves";
import { PlotlyScene } from "./plotlyscene";
import { isCloud } from "./SceneView";

const BARE = { showticklabels: false, title: { text: "" }, showspikes: false };

function bareTrace(trace: Trace): Trace {
  const marker = typeof trace.marker === "object" && trace.marker !== null ? { marker: { ...trace.marker, showscale: false } } : {};
  const line = typeof trace.line === "object" && trace.line !== null ? { line: { ...trace.line, showscale: false } } : {};
  return { ...trace, ...marker, ...line, showscale: false, hoverinfo: trace.hoverinfo === "skip" ? "skip" : "none" };
}

function bareAxis(scene: object, name: string): [string, unknown] {
  const held = Object.entries(scene).find(([each]) => each === name)?.[1];
  return [name, typeof held === "object" && held !== null ? { ...held, ...BARE } : BARE];
}

function bare(content: SceneContent): SceneContent {
  const { scene } = content.layout;
  const axes = typeof scene === "object" && scene !== null ? { scene: { ...scene, ...Object.fromEntries(["xaxis", "yaxis", "zaxis"].map((name) => bareAxis(scene, name))) } } : {};
  const layout = { ...content.layout, ...axes, showlegend: false, annotations: [], coloraxis: { showscale: false } };
  return { data: content.data.map(bareTrace), layout, frames: content.frames };
}

const FAR = 1.15; // a little air around what is small

function thumbnailCamera(content: SceneContent): Camera {
  const { eye, center } = ownCamera(content) ?? FIRST_CAMERA;
  return { eye: { x: eye.x * FAR, y: eye.y * FAR, z: eye.z * FAR }, center };
}

const CLOUD_POINTS = 20_000; // a fair sample: points of a cloud lie in no order

async function drawCloud(content: SceneContent, host: HTMLElement, overlay: HTMLCanvasElement): Promise<string> {
  const [{ CloudScene }, { cloudOf }] = await Promise.all([import("./cloudscene"), import("./clouddata")]);
  const scene = new CloudScene(host, overlay, { onCamera: () => undefined, onDrawn: () => undefined });
  scene.show(cloudOf(content));
  scene.limit(CLOUD_POINTS);
  scene.look(thumbnailCamera(content), "perspective");
  const picture = scene.picture().toDataURL("image/png");
  scene.dispose();
  return picture;
}

async function drawFigure(content: SceneContent, host: HTMLElement, overlay: HTMLCanvasElement, width: number, height: number): Promise<string | null> {
  const scene = new PlotlyScene(host, overlay, () => undefined);
  await scene.show(bare(content), { camera: thumbnailCamera(content), projection: "perspective", headPx: 0 }, Number.MAX_SAFE_INTEGER);
  const picture = scene.thumbnail(2 * width, 2 * height);
  scene.purge();
  return picture;
}

/** A PNG as a data URL; null for a figure that is flat. */
export async function drawThumbnail(content: SceneContent, { width, height }: { width: number; height: number }): Promise<string | null> {
  const place = document.createElement("div");
  place.className = "scene-workshop";
  place.setAttribute("aria-hidden", "true");
  const [host, overlay] = [document.createElement("div"), document.createElement("canvas")];
  for (const layer of [host, overlay]) Object.assign(layer.style, { position: "absolute", inset: "0", width: `${width}px`, height: `${height}px` });
  place.append(host, overlay);
  document.body.append(place);
  try {
    return isCloud(content) ? await drawCloud(content, host, overlay) : await drawFigure(content, host, overlay, width, height);
  } finally {
    place.remove();
  }
}
