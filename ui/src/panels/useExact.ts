// The logged point under the crosshair: its step, time and value, read when the pointer rests.
import { useQueries } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { SeriesFrame } from "../api/frames";
import { pointQuery } from "../api/queries";
import type { Line } from "../charts/drawn";

export interface Point {
  step: number;
  time: number; // seconds since 1970
  value: number;
}

const REST_MS = 90;
const POINTS_MAX = 5000; // of one bucket; more than that is read by a zoom, not by a hover

/** Of the points of one bucket the one nearest to x. */
export function pointAt(frame: SeriesFrame, x: number): Point | null {
  let best = -1;
  for (let i = 0; i < frame.x.length; i++) {
    if (best < 0 || Math.abs((frame.x[i] ?? 0) - x) < Math.abs((frame.x[best] ?? 0) - x)) best = i;
  }
  const [step, time, value] = [frame.steps?.[best], frame.times?.[best], frame.last[best]];
  return step === undefined || time === undefined || value === undefined ? null : { step, time, value };
}

function useRested<T>(value: T, name: string): T | null {
  const [rested, rest] = useState<{ name: string; value: T } | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => rest({ name, value }), REST_MS);
    return () => clearTimeout(timer);
  }, [name]);
  return rested?.name === name ? rested.value : null;
}

/** The exact point of each reading, null while it is not known. at: the bucket of each line. */
export function useExact(key: string, x: string, readings: { line: Line; at: number }[], where: number): (Point | null)[] {
  const asked = readings.map(({ line, at }) => ({
    line,
    lo: line.frame.x[at] ?? 0,
    hi: line.frame.xLast[at] ?? 0,
    isFew: (line.frame.count[at] ?? 0) <= POINTS_MAX,
  }));
  const rested = useRested(asked, JSON.stringify(asked.map(({ line, lo, hi }) => [line.id, lo, hi])));
  const results = useQueries({
    queries: (rested ?? []).map(({ line, lo, hi, isFew }) => ({
      ...pointQuery(line.run, key, { x, lo, hi, buckets: null, scale: "linear", rank: line.rank }),
      enabled: isFew,
    })),
  });
  return readings.map((_, i) => {
    const frame = results[i]?.data;
    return frame ? pointAt(frame, where) : null;
  });
}
