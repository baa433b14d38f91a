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
const Sets = z.record(z.string(), z.unknown()).catch({});

export interface PlacedBox {
  set: string;
  left: number; // in pixels of the picture, like all four
  top: number;
  width: number;
  height: number;
  label: string;
  colour: string; // a token
}

/** A class that a mask holds, as the legend tells it. */
export interface ShownClass {
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

/** What lies over a picture, by name: boxes first, then masks. */
export function setsOf(record: Record<string, unknown>): string[] {
  return [...new Set([...Object.keys(Sets.parse(record.boxes)), ...Object.keys(Sets.parse(record.masks))])];
}

/** All boxes of a record: {"predictions": {"box_data": […], "class_labels": {…}}}; `read` gets those kept as files. */
export async function boxesOf(record: Record<string, unknown>, size: Size, read: (held: unknown) => Promise<unknown>): Promise<PlacedBox[]> {
  const sets = Object.entries(Sets.parse(record.boxes)).map(async ([set, held]) => {
    const inline = BoxSet.safeParse(held);
    const told = inline.success ? inline : BoxSet.safeParse(await read(held));
    return told.success ? told.data.box_data.flatMap((box) => placed(set, box, told.data.class_labels, size)) : [];
  });
  return (await Promise.all(sets)).flat();
}

export function masksOf(record: Record<string, unknown>): PlacedMask[] {
  return Object.entries(Sets.parse(record.masks)).flatMap(([set, held]) => {
    const mask = Mask.safeParse(held);
    if (!mask.success) return [];
    const { sha256, suffix, class_labels: labels } = mask.data;
    return [{ set, sha256, suffix, labels }];
  });
}

const MASK_ALPHA = 0.5;

function rgb(colour: string): [number, number, number] {
  const part = (at: number) => Number.parseInt(colour.slice(at, at + 2), 16) || 0;
  return [part(1), part(3), part(5)];
}

/** The grey values of a mask picture are classes: each becomes its colour, class 0 stays clear. pixels: RGBA, in place.
 * Answers the classes that are there. */
export function colourMask(pixels: Uint8ClampedArray, colourOf: (id: number) => string): number[] {
  const known = new Map<number, [number, number, number]>();
  for (let i = 0; i < pixels.length; i += 4) {
    const id = pixels[i] ?? 0;
    const colour = known.get(id) ?? rgb(colourOf(id));
    known.set(id, colour);
    pixels.set([...colour, id === 0 ? 0 : 255 * MASK_ALPHA], i);
  }
  return [...known.keys()].filter((id) => id > 0).sort((a, b) => a - b);
}

/** One mask over the canvas, stretched to it without blending classes; answers the classes with a name. */
export function paintMask(context: CanvasRenderingContext2D, picture: HTMLImageElement, labels: Record<string, string>): ShownClass[] {
  const layer = new OffscreenCanvas(picture.naturalWidth, picture.naturalHeight);
  const on = layer.getContext("2d");
  if (!on) return [];
  on.drawImage(picture, 0, 0);
  const image = on.getImageData(0, 0, layer.width, layer.height);
  const found = colourMask(image.data, (id) => token(paletteColour(id)));
  on.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(layer, 0, 0, context.canvas.width, context.canvas.height);
  return found.flatMap((id) => (labels[id] ? [{ label: labels[id], colour: paletteColour(id) }] : []));
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
