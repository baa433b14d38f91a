// uPlot's options for a set of lines: scales, series in fours (low, high, mean, smoothed), bands, cursor.
import uPlot from "uplot";
import { xAxis, xKind, yAxis } from "./axes";
import { faded, token } from "./colours";
import { COLUMNS_PER_LINE, xRange, yRange, type Line } from "./drawn";

export interface Look {
  x: string;
  isLogX: boolean;
  isLogY: boolean;
  isSmooth: boolean;
  range: [number, number] | null; // the shown x range
}

export interface Handlers {
  look: () => Look;
  onCursor: (u: uPlot) => void;
  onSelect: (lo: number, hi: number) => void;
  onReset: () => void;
  onDraw: (u: uPlot) => void;
}

const BAND_ALPHA = 0.14;
const RAW_ALPHA = 0.25;
const SELECT_MIN_PX = 6;
const DOT_SPACE_PX = 7; // closer dots would melt into a line

/** A point without a neighbour to be joined to, or a series so sparse that its points matter. */
function dots(u: uPlot, index: number): number[] | null {
  const column = u.data[index] ?? [];
  const held: number[] = [];
  for (let i = 0; i < column.length; i++) if (column[i] !== null && column[i] !== undefined) held.push(i);
  if (held.length <= u.width / DOT_SPACE_PX) return held;
  return held.filter((i) => column[i - 1] === null && column[i + 1] === null);
}

function lineSeries(line: Line, isSmooth: boolean): uPlot.Series[] {
  const colour = () => token(line.colour);
  const edge: uPlot.Series = { stroke: "transparent", width: 0, points: { show: false }, pxAlign: 0 };
  const points = (shown: boolean): uPlot.Series.Points => ({
    show: shown,
    size: 4.5,
    width: 0,
    fill: colour,
    filter: (u, index, show) => (show ? dots(u, index) : null),
  });
  const dash = line.dash ? { dash: line.dash } : {};
  return [
    edge,
    edge,
    { stroke: () => faded(colour(), isSmooth ? RAW_ALPHA : 1), width: 1.5, pxAlign: 0, points: points(!isSmooth), ...(isSmooth ? {} : dash) },
    { stroke: colour, width: 1.5, pxAlign: 0, show: isSmooth, points: points(isSmooth), ...dash },
  ];
}

function scales(handlers: Handlers): uPlot.Scales {
  const { isLogX, isLogY, x } = handlers.look();
  return {
    x: {
      time: xKind(x) === "clock",
      distr: isLogX ? 3 : 1,
      range: (_u, lo, hi) => {
        const shown = handlers.look().range;
        return shown ? xRange(shown[0], shown[1], isLogX) : xRange(lo ?? 0, hi ?? 1, isLogX);
      },
    },
    y: { distr: isLogY ? 3 : 1, range: (_u, lo, hi) => yRange(lo, hi, isLogY) },
  };
}

function cursor(handlers: Handlers, syncKey: string): uPlot.Cursor {
  return {
    y: false,
    points: { show: false },
    drag: { x: true, y: false, setScale: false, dist: SELECT_MIN_PX },
    sync: { key: syncKey, setSeries: false, scales: ["x", null], filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } },
    bind: {
      dblclick: () => () => {
        handlers.onReset();
        return null;
      },
    },
  };
}

/** Options that hold until the lines, the axes' kinds or the theme change; data and ranges flow through `handlers`. */
export function options(lines: Line[], size: { width: number; height: number }, syncKey: string, handlers: Handlers): uPlot.Options {
  const { x, isLogX, isLogY, isSmooth } = handlers.look();
  return {
    ...size,
    padding: [8, 20, 0, 0],
    legend: { show: false },
    scales: scales(handlers),
    axes: [xAxis(xKind(x), isLogX, xKind(x) === "number" ? x : ""), yAxis(isLogY)],
    series: [{}, ...lines.flatMap((line) => lineSeries(line, isSmooth))],
    bands: lines.map((line, i) => ({
      series: [i * COLUMNS_PER_LINE + 2, i * COLUMNS_PER_LINE + 1],
      fill: () => faded(token(line.colour), BAND_ALPHA),
    })),
    cursor: cursor(handlers, syncKey),
    hooks: {
      setCursor: [handlers.onCursor],
      setSelect: [
        (u) => {
          const { left, width } = u.select;
          if (width < SELECT_MIN_PX) return;
          handlers.onSelect(u.posToVal(left, "x"), u.posToVal(left + width, "x"));
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      draw: [handlers.onDraw],
    },
  };
}
