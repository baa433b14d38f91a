// A table of a precision-recall curve, as TensorBoard's summaries bring it, drawn as that curve.
import { useMemo } from "react";
import { PlotlyFigure } from "../charts/PlotlyFigure";

const COLUMNS = ["threshold", "precision", "recall"];

export const isCurve = (columns: string[]): boolean => COLUMNS.every((name) => columns.includes(name));

interface CurveProps {
  columns: string[];
  rows: unknown[][];
  name: string;
  height: number;
}

export function Curve({ columns, rows, name, height }: CurveProps) {
  const content = useMemo(() => {
    const column = (title: string) => rows.map((row) => row[columns.indexOf(title)]);
    const axis = (title: string) => ({ title: { text: title }, range: [-0.02, 1.02] });
    const trace = {
      type: "scatter",
      mode: "lines",
      x: column("recall"),
      y: column("precision"),
      customdata: column("threshold"),
      hovertemplate: "precision %{y:.4g}<br>recall %{x:.4g}<br>threshold %{customdata:.4g}<extra></extra>",
    };
    return { data: [trace], layout: { xaxis: axis("recall"), yaxis: axis("precision"), showlegend: false } };
  }, [columns, rows]);
  return <PlotlyFigure content={content} height={height} label={name} />;
}
