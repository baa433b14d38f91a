// The binary series frame: "BVS1" | u32 header bytes | header JSON (padded) | arrays, little-endian, each 8-byte aligned.
import { SeriesHeader, VectorsHeader } from "./schema";

/** One series as it is drawn. Exact: one bucket per point. All arrays are (n,), x ascending. */
export interface SeriesFrame {
  key: string;
  unit: string | null;
  total: number; // raw points of the whole series, in the range or not
  exact: boolean;
  x: Float64Array;
  xLast: Float64Array;
  min: Float64Array; // over the finite points; NaN where there is none
  max: Float64Array;
  mean: Float64Array;
  last: Float64Array; // as logged, finite or not
  count: Float64Array;
  nan: Float64Array;
  posinf: Float64Array;
  neginf: Float64Array;
  steps?: Float64Array; // of exact frames only
  times?: Float64Array; // seconds since 1970; of exact frames only
}

/** A vector family: values (n, k) row-major, one row per step. */
export interface VectorFrame {
  family: string;
  names: string[];
  unit: string | null;
  total: number;
  thinned: boolean;
  steps: Float64Array;
  values: Float64Array;
}

/** Why one key of a frame has no data. */
export class SeriesMissing extends Error {}

const READERS: Record<string, (view: DataView, at: number) => number> = {
  f8: (view, at) => view.getFloat64(at, true),
  f4: (view, at) => view.getFloat32(at, true),
  u4: (view, at) => view.getUint32(at, true),
  i8: (view, at) => Number(view.getBigInt64(at, true)),
};

function split(buffer: ArrayBuffer): { header: unknown; data: DataView } {
  const head = new DataView(buffer);
  const magic = buffer.byteLength >= 8 ? head.getUint32(0, false) : 0;
  if (magic !== 0x42565331) throw new Error(`the answer of ${buffer.byteLength} bytes is no series frame; reload the page`);
  const headerBytes = head.getUint32(4, true);
  const text = new TextDecoder().decode(new Uint8Array(buffer, 8, headerBytes));
  return { header: JSON.parse(text), data: new DataView(buffer, 8 + headerBytes) };
}

function readArray(data: DataView, place: [string, number] | undefined, length: number): Float64Array {
  const out = new Float64Array(length);
  if (!place) return out;
  const [name, offset] = place;
  const dtype = name.replace(/^[<|]/, "");
  const read = READERS[dtype];
  if (!read) throw new Error(`unknown array type ${name} in a series frame; reload the page`);
  const width = Number(dtype.slice(1));
  for (let i = 0; i < length; i++) out[i] = read(data, offset + i * width);
  return out;
}

function exactFrame(x: Float64Array, values: Float64Array): Omit<SeriesFrame, "key" | "unit" | "total" | "exact"> {
  const finite = values.map((value) => (Number.isFinite(value) ? value : Number.NaN));
  return {
    x,
    xLast: x,
    min: finite,
    max: finite,
    mean: finite,
    last: values,
    count: values.map(() => 1),
    nan: values.map((value) => (Number.isNaN(value) ? 1 : 0)),
    posinf: values.map((value) => (value === Infinity ? 1 : 0)),
    neginf: values.map((value) => (value === -Infinity ? 1 : 0)),
  };
}

/** Every series of a frame by its key; a key the server could not read is a SeriesMissing. */
export function decodeSeries(buffer: ArrayBuffer): Map<string, SeriesFrame | SeriesMissing> {
  const { header, data } = split(buffer);
  const found = new Map<string, SeriesFrame | SeriesMissing>();
  for (const entry of SeriesHeader.parse(header).series) {
    if (entry.error !== undefined) {
      found.set(entry.key, new SeriesMissing(entry.error));
      continue;
    }
    const array = (name: string) => readArray(data, entry.arrays[name], entry.n);
    const common = { key: entry.key, unit: entry.unit, total: entry.total, exact: entry.exact };
    if (entry.exact) {
      found.set(entry.key, { ...common, ...exactFrame(array("x"), array("values")), steps: array("steps"), times: array("times") });
      continue;
    }
    found.set(entry.key, {
      ...common,
      x: array("x"),
      xLast: array("x_last"),
      min: array("min"),
      max: array("max"),
      mean: array("mean"),
      last: array("last"),
      count: array("count"),
      nan: array("nan"),
      posinf: array("posinf"),
      neginf: array("neginf"),
    });
  }
  return found;
}

/** The one family of a vector frame. */
export function decodeVectors(buffer: ArrayBuffer): VectorFrame {
  const { header, data } = split(buffer);
  const [entry] = VectorsHeader.parse(header).series;
  if (!entry) throw new SeriesMissing("the answer holds no vector family; reload the page");
  if (entry.error !== undefined) throw new SeriesMissing(entry.error);
  return {
    family: entry.family,
    names: entry.names,
    unit: entry.unit,
    total: entry.total,
    thinned: entry.thinned,
    steps: readArray(data, entry.arrays.steps, entry.n),
    values: readArray(data, entry.arrays.values, entry.n * entry.names.length),
  };
}
