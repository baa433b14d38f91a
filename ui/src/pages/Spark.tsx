// The curve of one series in a row of the run table: shape only, no axes.
import { memo, useEffect, useState } from "react";
import type { SeriesFrame } from "../api/frames";
import { useSpark } from "../api/queries";
import type { RunRow } from "../api/schema";
import { number } from "../charts/format";

const [WIDTH, HEIGHT, AIR] = [96, 20, 2];
const REST_MS = 120; // rows that only fly by are not asked for

/** One path, with a gap where nothing finite was logged; "" without points. */
export function sparkPath({ x, mean }: Pick<SeriesFrame, "x" | "mean">): string {
  const finite = [...mean].filter(Number.isFinite);
  if (!finite.length) return "";
  const [lo, hi] = [Math.min(...finite), Math.max(...finite)];
  const [first, last] = [x[0] ?? 0, x.at(-1) ?? 0];
  const across = (at: number) => (last > first ? ((at - first) / (last - first)) * WIDTH : WIDTH / 2);
  const down = (value: number) => (hi > lo ? AIR + (1 - (value - lo) / (hi - lo)) * (HEIGHT - 2 * AIR) : HEIGHT / 2);
  let isDown = false; // the pen
  let path = "";
  for (const [i, value] of mean.entries()) {
    if (Number.isFinite(value)) path += `${isDown ? "L" : "M"}${across(x[i] ?? 0).toFixed(1)} ${down(value).toFixed(1)}`;
    isDown = Number.isFinite(value);
  }
  return finite.length === 1 ? `${path}h0.1` : path; // one point is a dot, by its round ends
}

export const Spark = memo(function Spark({ run, series, colour }: { run: RunRow; series: string; colour: string | undefined }) {
  const [isResting, rest] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => rest(true), REST_MS);
    return () => clearTimeout(timer);
  }, []);
  const { data } = useSpark({ project: run.project, id: run.id }, series, run.updated, isResting && run.summary[series] !== undefined);
  if (!data?.x.length) return null;
  const label = `${series} from ${number(data.mean[0] ?? Number.NaN)} to ${number(data.mean.at(-1) ?? Number.NaN)}`;
  return (
    <svg className="spark" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <title>{label}</title>
      <path d={sparkPath(data)} stroke={colour ?? "var(--second)"} />
    </svg>
  );
});
