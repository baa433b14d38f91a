// What the crosshair stands on: x, then every line's value, the highest first.
import { nearest, type Line } from "../charts/drawn";
import { clock, duration, number, quantity, step } from "../charts/format";
import { useExact, type Point } from "./useExact";

export function xText(x: string, at: number): string {
  if (x === "relative") return duration(at);
  if (x === "time") return clock(at);
  return x === "step" ? step(at) : number(at);
}

interface Reading {
  line: Line;
  at: number;
  value: number;
}

function readings(lines: Line[], x: number): Reading[] {
  return lines
    .map((line) => ({ line, at: nearest(line.frame, x) }))
    .filter(({ at }) => at >= 0)
    .map(({ line, at }) => ({ line, at, value: valueAt(line, at) }))
    .sort((a, b) => b.value - a.value || 0);
}

/** The mean of a bucket, or the odd value when nothing in it was finite. */
export function valueAt(line: Line, i: number): number {
  const mean = line.frame.mean[i] ?? Number.NaN;
  return Number.isFinite(mean) ? mean : (line.frame.last[i] ?? Number.NaN);
}

function smoothed({ line, at }: Reading, unit: string | null): string {
  const value = line.smoothed[at] ?? Number.NaN;
  return line.smoothed !== line.frame.mean && Number.isFinite(value) ? `smoothed ${quantity(value, unit)}` : "";
}

function spread({ line, at }: Reading, unit: string | null): string {
  const { frame } = line;
  if ((frame.count[at] ?? 1) <= 1) return "";
  return `${quantity(frame.min[at] ?? Number.NaN, unit)} to ${quantity(frame.max[at] ?? Number.NaN, unit)}`;
}

function odd({ line, at }: Reading): string {
  const parts: [number | undefined, string][] = [
    [line.frame.nan[at], "NaN"],
    [line.frame.posinf[at], "+Inf"],
    [line.frame.neginf[at], "−Inf"],
  ];
  return parts.filter(([count]) => count).map(([count, word]) => `${count} ${word}`).join(", ");
}

interface HoverLegendProps {
  series: string;
  lines: Line[];
  x: string;
  at: number;
  side: "left" | "right";
  unit: string | null;
}

const ROWS_MAX = 12;

/** Where the crosshair stands: the bucket's range, and below it the logged point itself. Both lines always have their place. */
function Head({ x, from, to, point, unit }: { x: string; from: number; to: number; point: Point | null; unit: string | null }) {
  const isOne = from === to;
  const head = isOne ? xText(x, from) : `${xText(x, from)} – ${xText(x, to)}`;
  const inBucket = point && !isOne ? `step ${step(point.step)}: ${quantity(point.value, unit)}` : "";
  const ofPoint = point && isOne && x !== "step" ? `step ${step(point.step)}` : inBucket;
  return (
    <>
      <div className="hover-x">
        {x === "relative" || x === "time" ? "" : `${x} `}
        {head}
      </div>
      <div className="hover-x" data-exact={point !== null}>
        {point ? [ofPoint, x === "time" && isOne ? "" : clock(point.time)].filter(Boolean).join(" · ") : "\u00A0"}
      </div>
    </>
  );
}

export function HoverLegend({ series, lines, x, at, side, unit }: HoverLegendProps) {
  const found = readings(lines, at);
  const shown = found.slice(0, ROWS_MAX);
  const points = useExact(series, x, shown, at);
  const [first] = found;
  if (!first) return null;
  return (
    <div className="hover-legend" data-side={side} aria-hidden>
      <Head x={x} from={first.line.frame.x[first.at] ?? 0} to={first.line.frame.xLast[first.at] ?? 0} point={points[0] ?? null} unit={unit} />
      {shown.map((reading, i) => (
        <div key={reading.line.id} className="hover-row">
          <i style={{ background: reading.line.colour }} />
          <span className="hover-name">{reading.line.label}</span>
          <b>{quantity(reading.value, unit)}</b>
          <small>{[spread(reading, unit), odd(reading), smoothed(reading, unit), i > 0 && points[i] ? clock(points[i].time) : ""].filter(Boolean).join(", ")}</small>
        </div>
      ))}
      {found.length > ROWS_MAX ? <div className="hover-more">and {found.length - ROWS_MAX} more</div> : null}
    </div>
  );
}
