// A Plotly figure; its library is loaded when the first one is shown.
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { token } from "./colours";
import { PlotlyHost } from "./plotlyhost";

export interface PlotlyContent {
  data: unknown[];
  layout: Record<string, unknown>;
}

const CLEAR = "rgba(0,0,0,0)";
const CONFIG = { responsive: true, displaylogo: false };

/** What every figure here has: the page's ground and width, and a camera and zoom that a redraw keeps. */
function placed(layout: Record<string, unknown>): Record<string, unknown> {
  const clear = { paper_bgcolor: CLEAR, plot_bgcolor: CLEAR };
  const modebar = { bgcolor: CLEAR, color: token("--second"), activecolor: token("--ink") };
  const scene = typeof layout.scene === "object" ? { scene: { ...layout.scene, bgcolor: CLEAR } } : {};
  return { ...layout, ...clear, ...scene, modebar, autosize: true, width: undefined, height: undefined, uirevision: "kept" };
}

/** The page's colours for a figure that did not come from our gallery. */
function styled(layout: Record<string, unknown>): Record<string, unknown> {
  const axis = { gridcolor: token("--line"), zerolinecolor: token("--strong-line"), linecolor: token("--strong-line") };
  const axes = { xaxis: axis, yaxis: axis };
  return {
    margin: { l: 48, r: 16, t: layout.title ? 48 : 16, b: 40 },
    ...layout,
    font: { family: "Inter, sans-serif", size: 12, color: token("--ink") },
    template: { layout: { ...axes, scene: { xaxis: axis, yaxis: axis, zaxis: axis }, colorway: colourway() } },
  };
}

function colourway(): string[] {
  return Array.from({ length: 8 }, (_, place) => token(`--run-${place}`));
}

interface PlotlyFigureProps {
  content: PlotlyContent;
  height: number;
  label: string;
  isOurs?: boolean; // from our gallery: already in the page's theme
}

export function PlotlyFigure({ content, height, label, isOurs = false }: PlotlyFigureProps) {
  const host = useRef<HTMLDivElement>(null);
  const held = useRef<PlotlyHost | null>(null);
  const scheme = useComputedColorScheme();
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    if (!host.current) return;
    const made = new PlotlyHost(host.current);
    held.current = made;
    return () => made.purge();
  }, []);
  useEffect(() => {
    const { current: element } = host;
    held.current
      ?.ready(content)
      .then((found) => (found && element ? found.plotly.react(element, content.data, placed(isOurs ? content.layout : styled(content.layout)), CONFIG) : null))
      .catch((reason: unknown) => setTrouble(reason instanceof Error ? reason.message : "unknown reason"));
  }, [content, scheme, height, isOurs]);
  if (trouble) return <p className="sentence">The figure could not be drawn: {trouble}. Reload the page.</p>;
  return <div ref={host} role="figure" aria-label={label} style={{ width: "100%", height }} />;
}
