// A matrix over steps as coloured cells on a canvas: rows are components in depth order, columns are steps.
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import type { VectorFrame } from "../api/frames";
import { ramp, token } from "./colours";
import { number, step } from "./format";
import { cellAt, paintHeat, heatRange, type HeatCell } from "./heat";

export function HeatMap({ frame, width, height }: { frame: VectorFrame; width: number; height: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme();
  const [cell, setCell] = useState<HeatCell | null>(null);
  const range = useMemo(() => heatRange(frame.values), [frame]);
  useEffect(() => {
    const { current: target } = canvas;
    if (!target) return;
    target.width = Math.max(1, frame.steps.length);
    target.height = Math.max(1, frame.names.length);
    const context = target.getContext("2d");
    if (!context) return;
    const image = context.createImageData(target.width, target.height);
    paintHeat(image.data, frame, range, ramp(token("--sequential-ramp").split(/,\s*/), 256));
    context.putImageData(image, 0, 0);
  }, [frame, range.lo, range.hi, scheme]);
  const onMove = (event: React.MouseEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    setCell(cellAt(frame, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
  };
  const first = frame.steps[0] ?? 0;
  const last = frame.steps.at(-1) ?? 0;
  return (
    <div className="heat" style={{ width, height }}>
      <div className="heat-names">
        <span>{frame.names.at(-1)}</span>
        <span>{frame.names[0]}</span>
      </div>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${frame.family}: ${frame.names.length} components over steps ${step(first)} to ${step(last)}, from ${number(range.lo)} to ${number(range.hi)}`}
        onMouseMove={onMove}
        onMouseLeave={() => setCell(null)}
      />
      <div className="heat-bar" aria-hidden title={range.isLog ? "Colours follow the logarithm" : undefined}>
        <span>{number(range.hi, 2)}</span>
        <i />
        <span>{number(range.lo, 2)}</span>
      </div>
      <div className="heat-steps">
        {cell ? (
          <span className="heat-cell">
            <b>{cell.name}</b> step {step(cell.step)} <b>{number(cell.value)}</b>
          </span>
        ) : (
          <>
            <span>{step(first)}</span>
            {range.isLog ? <span>log colour</span> : null}
            <span>{step(last)}</span>
          </>
        )}
      </div>
    </div>
  );
}
