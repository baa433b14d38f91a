// A scene on the one large canvas: drawn by Plotly, or by the graphics card alone where it has very many points.
import { lazy, Suspense, type RefObject } from "react";
import type { Camera, Projection } from "./camera";
import type { Clock } from "./clock";
import { isSolid, pointCount, type SceneContent } from "./moves";
import { PlotlyView } from "./PlotlyView";

export const PLOTLY_POINTS_MAX = 20_000;
const CloudView = lazy(() => import("./CloudView"));

/** What the page can ask of the scene on the canvas. */
export interface SceneHandle {
  picture(): Promise<string>; // PNG as a data URL
}

export interface SceneViewProps {
  name: string; // another name is another scene; the same keeps its camera through new data
  label: string;
  content: SceneContent;
  camera: Camera;
  projection: Projection;
  headPx: number;
  clock: Clock;
  cap: number;
  onCamera: (camera: Camera) => void;
  onSteps: (steps: number[]) => void;
  handle: RefObject<SceneHandle | null>;
}

export const isCloud = (content: SceneContent): boolean => pointCount(content) > PLOTLY_POINTS_MAX && (content.points !== undefined || content.data.some(isSolid));

export function SceneView(props: SceneViewProps) {
  if (!isCloud(props.content)) return <PlotlyView {...props} />;
  return (
    <Suspense fallback={null}>
      <CloudView {...props} />
    </Suspense>
  );
}
