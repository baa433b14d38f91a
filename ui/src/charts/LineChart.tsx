// A uPlot chart of lines with bands, kept in step with its data; it draws and reports, and decides nothing.
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { columns, extent, marks, type Line } from "./drawn";
import { noteDraw } from "./lastdraw";
import { options, type Look } from "./options";
import { drawHairlines, drawMarks, type Hairline } from "./overlay";

export interface LineChartProps extends Look {
  name: string; // what window.__belvedere.lastDraw calls it, one entry per line: name of line + "/" + this
  lines: Line[];
  hairlines: Hairline[];
  width: number;
  height: number;
  onHover: (x: number | null, isOwn: boolean, left: number) => void;
  onZoom: (range: [number, number] | null) => void;
  onReady?: (canvas: HTMLCanvasElement | null) => void;
}

function useChart(props: LineChartProps, host: React.RefObject<HTMLDivElement | null>) {
  const chart = useRef<uPlot | null>(null);
  const now = useRef(props);
  now.current = props;
  const shape = [
    props.lines.map((line) => `${line.id} ${line.colour} ${line.dash?.join() ?? ""}`).join("\n"),
    props.x,
    props.isLogX,
    props.isLogY,
    props.isSmooth,
  ].join("\n");
  useEffect(() => {
    const { current: element } = host;
    if (!element) return;
    const { lines, width, height, x } = now.current;
    const handlers = {
      look: () => ({ ...now.current, range: now.current.range ?? extent(now.current.lines) }),
      onCursor: (u: uPlot) => {
        const { left } = u.cursor;
        const isInside = left !== undefined && left >= 0;
        now.current.onHover(isInside ? u.posToVal(left, "x") : null, u.over.matches(":hover"), left ?? 0);
      },
      onSelect: (lo: number, hi: number) => now.current.onZoom([lo, hi]),
      onReset: () => now.current.onZoom(null),
      onDraw: (u: uPlot) => {
        drawHairlines(u, now.current.hairlines, uPlot.pxRatio);
        drawMarks(u, marks(now.current.lines), uPlot.pxRatio);
        for (const line of now.current.lines) noteDraw(`${line.id}/${now.current.name}`, line.frame.xLast.at(-1) ?? Number.NaN);
      },
    };
    const made = new uPlot(options(lines, { width, height }, `x:${x}`, handlers), [[]], element);
    chart.current = made;
    now.current.onReady?.(made.ctx.canvas);
    return () => {
      made.destroy();
      chart.current = null;
    };
  }, [shape, host]);
  return { chart, shape };
}

export function LineChart(props: LineChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const { chart, shape } = useChart(props, host);
  const scheme = useComputedColorScheme();
  const { lines, isLogY, width, height, hairlines } = props;
  const [lo, hi] = props.range ?? [null, null];
  useEffect(() => chart.current?.setSize({ width, height }), [chart, width, height]);
  useEffect(() => chart.current?.redraw(true, true), [chart, scheme, hairlines]);
  useEffect(() => {
    // uPlot's own type asks for mutable columns of number | null | undefined, which is what these are
    chart.current?.setData(columns(lines, isLogY), true);
  }, [chart, shape, lines, isLogY, lo, hi]);
  return <div ref={host} className="line-chart" />;
}
