// Marks painted over a scene on a canvas of their own: the ring of the current step, comet tails, labels.
import { z } from "zod";
import { numbers } from "./decode";
import type { Trace } from "./moves";

/** A place in the scene's data as pixels of the canvas; null behind the eye or where there is no number. */
export type Project = (x: number, y: number, z: number) => [number, number] | null;

const colour = z.string().optional().catch(undefined);
const size = z.number().catch(6);
const Style = z.object({
  mode: z.string().catch("markers"),
  opacity: z.number().catch(1),
  marker: z.object({ color: colour, size, symbol: z.string().catch("circle"), opacity: z.number().catch(1), line: z.object({ width: z.number().catch(0), color: colour }).partial().catch({}) }).partial().catch({}),
  line: z.object({ color: colour, width: z.number().catch(2) }).partial().catch({}),
  text: z.union([z.string(), z.array(z.coerce.string())]).optional().catch(undefined),
});

type Spot = [number, number] | null;

function spots(trace: Trace, project: Project): Spot[] {
  const [x, y, z] = [numbers(trace.x), numbers(trace.y), numbers(trace.z)];
  return Array.from({ length: Math.min(x.length, y.length, z.length) }, (_, i) => project(x[i] ?? NaN, y[i] ?? NaN, z[i] ?? NaN));
}

function paintLine(context: CanvasRenderingContext2D, places: Spot[]): void {
  context.beginPath();
  let isOpen = false;
  for (const place of places) {
    if (place) isOpen ? context.lineTo(...place) : context.moveTo(...place);
    isOpen = place !== null;
  }
  context.stroke();
}

const CORNERS: Record<string, [number, number][]> = {
  square: [[-1, -1], [1, -1], [1, 1], [-1, 1]],
  diamond: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]],
};

function outline(context: CanvasRenderingContext2D, [x, y]: [number, number], radius: number, symbol: string): void {
  context.beginPath();
  const corners = CORNERS[symbol.replace("-open", "")];
  if (!corners) return context.arc(x, y, radius, 0, 2 * Math.PI);
  corners.forEach(([across, down], i) => (i ? context.lineTo(x + across * radius, y + down * radius) : context.moveTo(x + across * radius, y + down * radius)));
  context.closePath();
}

/** One scatter3d trace with the scene's ink as its colour where it names none. `halo` keeps marks apart from what is under them. */
export function paintTrace(context: CanvasRenderingContext2D, trace: Trace, project: Project, ink: string, halo: string): void {
  const { mode, opacity, marker, line, text } = Style.parse(trace);
  const places = spots(trace, project);
  context.globalAlpha = opacity * (marker.opacity ?? 1);
  if (mode.includes("lines")) {
    context.lineWidth = line.width ?? 2;
    context.strokeStyle = line.color ?? ink;
    paintLine(context, places);
  }
  const isOpen = (marker.symbol ?? "").endsWith("-open");
  const radius = (marker.size ?? 6) / 2;
  places.forEach((place, i) => {
    if (!place) return;
    if (mode.includes("markers")) {
      outline(context, place, radius, marker.symbol ?? "circle");
      context.fillStyle = marker.color ?? ink;
      if (!isOpen) context.fill();
      const width = isOpen ? (marker.line?.width ?? 2) : (marker.line?.width ?? 0);
      if (isOpen) {
        context.lineWidth = width + 2;
        context.strokeStyle = halo;
        context.stroke();
      }
      context.lineWidth = width;
      context.strokeStyle = isOpen ? (marker.color ?? ink) : (marker.line?.color ?? halo);
      if (width) context.stroke();
    }
    const label = mode.includes("text") ? (Array.isArray(text) ? text[i] : text) : undefined;
    if (!label) return;
    context.fillStyle = ink;
    context.fillText(label, place[0] + radius + 4, place[1] + 4);
  });
  context.globalAlpha = 1;
}

/** An empty canvas of the host's size, in device pixels; drawing on it is in CSS pixels. */
export function cleared(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}
