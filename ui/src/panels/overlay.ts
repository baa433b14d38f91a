// What lies over a logged picture: boxes and masks, read from its record and painted on a canvas of the picture's size.
import { z } from "zod";
import { faded, paletteColour, token } from "../charts/colours";

const Corners = z.object({ minX: z.number(), maxX: z.number(), minY: z.number(), maxY: z.number() });
const Middle = z.object({ middle: z.tuple([z.number(), z.number()]), width: z.number(), height: z.number() });
const Labels = z.record(z.string(), z.string());
const Box = z.object({
  position: z.union([Corners, Middle]),
  domain: z.string().optional(),
  class_id: z.number().optional(),
  box_caption: z.string().optional(),
  scores: z.record(z.string(), z.number()).optional(),
});
const BoxSet = z.object({ box_data: z.array(z.unknown()), class_labels: Labels.default({}) });
const Mask = z.object({ sha256: z.string(), suffix: z.string().default(".png"), class_labels: Labels.default({}) });

export interface PlacedBox {
  set: string;
  left: number; // in pixels of the picture, like all four
  top: number;
  width: number;
  height: number;
  label: string;
  colour: string; // a token
}

export interface PlacedMask {
  set: string;
  sha256: string;
  suffix: string;
  labels: Record<string, string>;
}

type Size = { width: number; height: number };

function corners(position: z.infer<typeof Box>["position"]): [number, number, number, number] {
  if ("minX" in position) return [position.minX, position.minY, position.maxX, position.maxY];
  const [[x, y], w, h] = [position.middle, position.width, position.height];
  return [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
}

function placed(set: string, held: unknown, labels: Record<string, string>, size: Size): PlacedBox[] {
  const parsed = Box.safeParse(held);
  if (!parsed.success) return [];
  const { position, domain, class_id: id = 0, box_caption: caption, scores } = parsed.data;
  const [x0, y0, x1, y1] = corners(position);
  const isPixels = domain === "pixel"; // else fractions of the picture, as W&B means it
  const [across, down] = isPixels ? [1, 1] : [size.width, size.height];
  const score = Object.values(scores ?? {})[0];
  const label = caption ?? [labels[id] ?? "", score === undefined ? "" : score.toFixed(2)].filter(Boolean).join(" ");
  return [{ set, left: x0 * across, top: y0 * down, width: (x1 - x0) * across, height: (y1 - y0) * down, label, colour: paletteColour(id) }];
}

/** All boxes of a record: {"predictions": {"box_data": […], "class_labels": {…}}}. */
export function boxesOf(record: Record<string, unknown>, size: Size): PlacedBox[] {
  const sets = z.record(z.string(), BoxSet).safeParse(record.boxes);
  if (!sets.success) return [];
  return Object.entries(sets.data).flatMap(([set, { box_data, class_labels }]) => box_data.flatMap((box) => placed(set, box, class_labels, size)));
}

export function masksOf(record: Record<string, unknown>): PlacedMask[] {
  const sets = z.record(z.string(), Mask).safeParse(record.masks);
  if (!sets.success) return [];
  return Object.entries(sets.data).map(([set, { sha256, suffix, class_labels }]) => ({ set, sha256, suffix, labels: class_labels }));
}

const MASK_ALPHA = 0.5;

function rgb(colour: string): [number, number, number] {
  const part = (at: number) => Number.parseInt(colour.slice(at, at + 2), 16) || 0;
  return [part(1), part(3), part(5)];
}

/** The grey values of a mask picture are classes: each becomes its colour, class 0 stays clear. pixels: RGBA, in place. */
export function colourMask(pixels: Uint8ClampedArray, colourOf: (id: number) => string): void {
  const known = new Map<number, [number, number, number]>();
  for (let i = 0; i < pixels.length; i += 4) {
    const id = pixels[i] ?? 0;
    const colour = known.get(id) ?? rgb(colourOf(id));
    known.set(id, colour);
    pixels.set([...colour, id === 0 ? 0 : 255 * MASK_ALPHA], i);
  }
}

/** One mask over the canvas, stretched to it without blending classes. */
export function paintMask(context: CanvasRenderingContext2D, picture: HTMLImageElement): void {
  const layer = new OffscreenCanvas(picture.naturalWidth, picture.naturalHeight);
  const on = layer.getContext("2d");
  if (!on) return;
  on.drawImage(picture, 0, 0);
  const image = on.getImageData(0, 0, layer.width, layer.height);
  colourMask(image.data, (id) => token(paletteColour(id)));
  on.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(layer, 0, 0, context.canvas.width, context.canvas.height);
}

/** scale: pixels of the canvas for one pixel of the picture. */
export function paintBoxes(context: CanvasRenderingContext2D, boxes: PlacedBox[], scale: number): void {
  context.font = '12px "Inter", sans-serif';
  context.textBaseline = "top";
  for (const { left, top, width, height, label, colour } of boxes) {
    const [x, y] = [left * scale, top * scale];
    context.strokeStyle = token(colour);
    context.lineWidth = 2;
    context.strokeRect(x, y, width * scale, height * scale);
    if (!label) continue;
    const wide = context.measureText(label).width + 8;
    const at = Math.max(0, y - 17); // above the box, or in it where there is no room
    context.fillStyle = faded(token("--raised"), 0.85);
    context.fillRect(x - 1, at, wide, 17);
    context.fillStyle = token("--ink");
    context.fillText(label, x + 3, at + 2);
  }
}
