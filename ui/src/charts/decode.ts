// Arrays as Plotly JSON carries them: a list, or {dtype, bdata, shape} with base64 of little-endian numbers.
import { z } from "zod";

const Packed = z.object({ dtype: z.string(), bdata: z.string(), shape: z.union([z.string(), z.array(z.number()), z.number()]).optional() });

type Numbers = Float32Array | Float64Array | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array;

const MAKERS: Record<string, (bytes: ArrayBuffer) => Numbers> = {
  f4: (bytes) => new Float32Array(bytes),
  f8: (bytes) => new Float64Array(bytes),
  i1: (bytes) => new Int8Array(bytes),
  u1: (bytes) => new Uint8Array(bytes),
  u1c: (bytes) => new Uint8ClampedArray(bytes),
  i2: (bytes) => new Int16Array(bytes),
  u2: (bytes) => new Uint16Array(bytes),
  i4: (bytes) => new Int32Array(bytes),
  u4: (bytes) => new Uint32Array(bytes),
};

function unpacked(bdata: string): ArrayBuffer {
  const text = atob(bdata);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes.buffer;
}

function sizes(shape: string | number | number[] | undefined): number[] {
  if (shape === undefined) return [];
  if (typeof shape === "string") return shape.split(",").map(Number);
  return typeof shape === "number" ? [shape] : shape;
}

/** A packed array as a typed one, (rows of) it when it has two axes; null when it is none. */
function array(value: unknown): Numbers | Numbers[] | null {
  const packed = Packed.safeParse(value);
  const make = packed.success ? MAKERS[packed.data.dtype.replace(/^[<|=]/, "")] : undefined;
  if (!packed.success || !make) return null;
  const flat = make(unpacked(packed.data.bdata));
  const [rows, columns] = sizes(packed.data.shape);
  if (rows === undefined || columns === undefined) return flat;
  return Array.from({ length: rows }, (_, row) => flat.subarray(row * columns, (row + 1) * columns));
}

/** The same value with every packed array in it unpacked; lists are left as they are. */
export function decoded(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return value;
  return array(value) ?? Object.fromEntries(Object.entries(value).map(([name, held]) => [name, decoded(held)]));
}

const KINDS = [Float32Array, Float64Array, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array];
const isNumbers = (value: unknown): value is Numbers => KINDS.some((kind) => value instanceof kind);

/** (n,) numbers of a list or packed array; what is no number becomes NaN, no array at all becomes an empty one. */
export function numbers(value: unknown): ArrayLike<number> {
  if (isNumbers(value)) return value;
  const held = Array.isArray(value) ? value : array(value);
  if (held === null) return [];
  if (!Array.isArray(held)) return held;
  return held.map((each) => (typeof each === "number" ? each : Number.NaN));
}

/** How many entries an array has, without unpacking it. */
export function lengthOf(value: unknown): number {
  if (Array.isArray(value) || isNumbers(value)) return value.length;
  const packed = Packed.safeParse(value);
  if (!packed.success) return 0;
  const width = Number(/\d+/.exec(packed.data.dtype)?.[0] ?? 4);
  const padding = packed.data.bdata.endsWith("==") ? 2 : packed.data.bdata.endsWith("=") ? 1 : 0;
  return Math.floor(((packed.data.bdata.length / 4) * 3 - padding) / width);
}
