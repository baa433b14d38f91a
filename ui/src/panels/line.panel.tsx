// A scalar series over steps: line, envelope, marks; one line per run or rank.
import { useCallback, useMemo, useRef, useState } from "react";
import { csvAddress } from "../api/client";
import { LineChart } from "../charts/LineChart";
import { IconButton } from "../charts/IconButton";
import { belowLog, nearest, type Line } from "../charts/drawn";
import { number, quantity } from "../charts/format";
import { fileName, saveAddress, savePng } from "../charts/save";
import { bucketsFor, useWidth } from "../charts/size";
import { HoverLegend, valueAt } from "./HoverLegend";
import { viewFor, type PanelDefinition, type PanelProps } from "./panel";
import { drawingHeight, PanelFrame } from "./PanelFrame";
import { RankPicker } from "./RankPicker";
import { Sentence, Trouble } from "./Sentence";
import { useLines } from "./useLines";

interface Hover {
  x: number;
  isOwn: boolean;
  side: "left" | "right";
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** "N of N points", and what a log axis had to leave out. */
function footnote(lines: Line[], isLogY: boolean): string {
  const shown = lines.reduce((total, { frame }) => total + sum(frame.count), 0);
  const all = lines.reduce((total, { frame }) => total + frame.total, 0);
  const isReduced = lines.some(({ frame }) => frame.count.some((count) => count > 1));
  const parts = isReduced || shown < all ? [`${shown.toLocaleString("en-GB")} of ${all.toLocaleString("en-GB")} points`] : [];
  const below = isLogY ? belowLog(lines) : 0;
  if (below) parts.push(`${below} not above zero, not on a log axis`);
  return parts.join(" · ");
}

function headValue(lines: Line[], hover: Hover | null, unit: string | null): string {
  const [line] = lines;
  if (!line || lines.length > 1) return "";
  const at = hover ? nearest(line.frame, hover.x) : line.frame.x.length - 1;
  if (at < 0) return "";
  return quantity(hover ? valueAt(line, at) : (line.frame.last[at] ?? Number.NaN), unit);
}

function isAllOdd(lines: Line[]): boolean {
  return lines.every(({ frame }) => frame.mean.every((value) => !Number.isFinite(value)));
}

function oddSentence(lines: Line[]): string {
  const count = (of: (line: Line) => Float64Array) => lines.reduce((total, line) => total + sum(of(line)), 0);
  const parts: [number, string][] = [
    [count(({ frame }) => frame.nan), "NaN"],
    [count(({ frame }) => frame.posinf), "+Inf"],
    [count(({ frame }) => frame.neginf), "−Inf"],
  ];
  return parts.filter(([n]) => n > 0).map(([n, word]) => `${number(n)} × ${word}`).join(", ");
}

function LinePanel({ info, sources, view: shared, height, isFull, onZoom, onFlip, onFull }: PanelProps) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const view = useMemo(() => viewFor(shared, info), [shared, info.x]);
  const canvas = useRef<HTMLCanvasElement | null>(null);
  const [hover, setHover] = useState<Hover | null>(null);
  const [ranks, setRanks] = useState<number[]>([]);
  const { lines, isLoading, reason } = useLines(info.key, sources, ranks, view, width ? bucketsFor(width) : null);
  const isLogY = view.isLogY !== view.flipped.includes(info.key);
  const drawn = useMemo(() => lines.filter(({ frame }) => frame.x.length > 0), [lines]);
  const hairlines = useMemo(() => (view.x === "step" ? sources.flatMap((source) => source.hairlines) : []), [sources, view.x]);
  const foot = footnote(drawn, isLogY);
  const plotHeight = drawingHeight(height, foot);
  const unit = drawn[0]?.frame.unit ?? info.unit;
  const onHover = useCallback(
    (x: number | null, isOwn: boolean, left: number) => setHover(x === null ? null : { x, isOwn, side: left > width / 2 ? "left" : "right" }),
    [width],
  );
  const onReady = useCallback((made: HTMLCanvasElement | null) => void (canvas.current = made), []);
  const [run] = sources.map((source) => source.run);
  const name = fileName(run?.project ?? "", run?.id ?? "", info.key);
  const tools = (
    <>
      {info.ranks.length > 1 && sources.length === 1 ? <RankPicker ranks={info.ranks} chosen={ranks} onChange={setRanks} /> : null}
      <IconButton icon="log" label={isLogY ? "Linear y scale" : "Logarithmic y scale"} isPressed={isLogY} onClick={() => onFlip(info.key)} />
      {run ? <IconButton icon="csv" label="Download CSV, every point" onClick={() => saveAddress(csvAddress(run, info.key), `${name}.csv`)} /> : null}
      <IconButton icon="picture" label="Download PNG" onClick={() => canvas.current && savePng(canvas.current, info.key, name)} />
    </>
  );
  return (
    <PanelFrame
      name={info.key}
      value={headValue(drawn, hover, unit)}
      foot={foot}
      tools={tools}
      height={height}
      isFull={isFull}
      isBusy={isLoading && !drawn.length}
      onFull={onFull}
    >
      <div ref={ref} className="fill">
        {drawn.length && width ? (
          <LineChart
            name={info.key}
            lines={drawn}
            hairlines={hairlines}
            x={view.x}
            isLogX={view.isLogX}
            isLogY={isLogY}
            isSmooth={view.smoothing > 0}
            range={view.range}
            width={width}
            height={plotHeight}
            onHover={onHover}
            onZoom={(range) => onZoom(range, view.x)}
            onReady={onReady}
          />
        ) : null}
        {drawn.length && isAllOdd(drawn) ? <Sentence>No finite value: {oddSentence(drawn)}.</Sentence> : null}
        {!drawn.length && reason ? <Trouble reason={reason} /> : null}
        {!drawn.length && !reason && !isLoading && width ? <Sentence>{view.range ? "No points in this range. Double-click a chart to see all." : `No points of ${info.key} yet.`}</Sentence> : null}
        {hover?.isOwn ? <HoverLegend series={info.key} lines={drawn} x={view.x} at={hover.x} side={hover.side} unit={unit} /> : null}
      </div>
    </PanelFrame>
  );
}

export const panel: PanelDefinition = { kinds: ["scalar"], height: 152, Panel: LinePanel };
