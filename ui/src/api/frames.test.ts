import { describe, expect, test } from "vitest";
import { decodeSeries, decodeVectors, SeriesMissing } from "./frames";

/** A frame as the server writes it: arrays one after the other, each at a multiple of 8. */
function frame(header: (place: (name: string, dtype: string, values: number[]) => [string, number]) => object): ArrayBuffer {
  const parts: { at: number; dtype: string; values: number[] }[] = [];
  let end = 0;
  const place = (_name: string, dtype: string, values: number[]): [string, number] => {
    const at = end;
    parts.push({ at, dtype, values });
    end += Math.ceil((values.length * Number(dtype[1])) / 8) * 8;
    return [dtype, at];
  };
  let text = JSON.stringify(header(place));
  while ((8 + text.length) % 8) text += " ";
  const buffer = new ArrayBuffer(8 + text.length + end);
  const view = new DataView(buffer);
  new Uint8Array(buffer).set(new TextEncoder().encode("BVS1"));
  view.setUint32(4, text.length, true);
  new Uint8Array(buffer).set(new TextEncoder().encode(text), 8);
  for (const { at, dtype, values } of parts) {
    for (const [i, value] of values.entries()) {
      const where = 8 + text.length + at + i * Number(dtype[1]);
      if (dtype === "f8") view.setFloat64(where, value, true);
      else if (dtype === "f4") view.setFloat32(where, value, true);
      else view.setUint32(where, value, true);
    }
  }
  return buffer;
}

describe("decodeSeries", () => {
  test("buckets come back as they were written", () => {
    const buffer = frame((place) => ({
      x: "step",
      series: [
        {
          key: "train/loss",
          unit: "nats",
          total: 5,
          n: 2,
          exact: false,
          arrays: {
            x: place("x", "f8", [0, 3]),
            x_last: place("x_last", "f8", [2, 4]),
            min: place("min", "f4", [0.5, Number.NaN]),
            max: place("max", "f4", [2, Number.NaN]),
            mean: place("mean", "f4", [1, Number.NaN]),
            last: place("last", "f4", [1.5, Infinity]),
            count: place("count", "u4", [3, 2]),
            nan: place("nan", "u4", [0, 1]),
            posinf: place("posinf", "u4", [0, 1]),
            neginf: place("neginf", "u4", [0, 0]),
          },
        },
      ],
    }));
    const found = decodeSeries(buffer).get("train/loss");
    expect(found).toEqual({
      key: "train/loss",
      unit: "nats",
      total: 5,
      exact: false,
      x: Float64Array.of(0, 3),
      xLast: Float64Array.of(2, 4),
      min: Float64Array.of(0.5, Number.NaN),
      max: Float64Array.of(2, Number.NaN),
      mean: Float64Array.of(1, Number.NaN),
      last: Float64Array.of(1.5, Infinity),
      count: Float64Array.of(3, 2),
      nan: Float64Array.of(0, 1),
      posinf: Float64Array.of(0, 1),
      neginf: Float64Array.of(0, 0),
    });
  });

  test("an exact series is one bucket per point, and what is not finite is counted", () => {
    const buffer = frame((place) => ({
      x: "step",
      series: [
        { key: "a", total: 3, n: 3, exact: true, arrays: { x: place("x", "f8", [1, 2, 3]), values: place("values", "f8", [5, Number.NaN, -Infinity]) } },
      ],
    }));
    const found = decodeSeries(buffer).get("a");
    if (found instanceof SeriesMissing || !found) throw new Error("expected a series");
    expect([...found.mean]).toEqual([5, Number.NaN, Number.NaN]);
    expect([...found.last]).toEqual([5, Number.NaN, -Infinity]);
    expect([...found.nan]).toEqual([0, 1, 0]);
    expect([...found.neginf]).toEqual([0, 0, 1]);
    expect([...found.xLast]).toEqual([1, 2, 3]);
  });

  test("a key that the server could not read says why", () => {
    const buffer = frame(() => ({ x: "step", series: [{ key: "b", error: "no series 'b'" }] }));
    expect(decodeSeries(buffer).get("b")).toEqual(new SeriesMissing("no series 'b'"));
  });

  test("bytes that are no frame are refused", () => {
    expect(() => decodeSeries(new TextEncoder().encode("<!doctype html>").buffer)).toThrow("no series frame");
    expect(() => decodeSeries(new ArrayBuffer(3))).toThrow("no series frame");
  });
});

test("a vector family comes back row by row", () => {
  const buffer = frame((place) => ({
    series: [
      { family: "grad_norm", names: ["h.0", "h.1"], total: 9, n: 2, thinned: true, arrays: { steps: place("steps", "f8", [0, 8]), values: place("values", "f4", [1, 2, 3, 4]) } },
    ],
  }));
  const found = decodeVectors(buffer);
  expect([found.family, found.names, found.thinned, [...found.steps], [...found.values]]).toEqual(["grad_norm", ["h.0", "h.1"], true, [0, 8], [1, 2, 3, 4]]);
});
