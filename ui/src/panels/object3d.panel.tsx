// Points, boxes and arrows in space; meshes as .obj.
import { useMemo } from "react";
import { PlotlyFigure, type PlotlyContent } from "../charts/PlotlyFigure";
import { caption, mediaPanel, NoFile, type ItemProps } from "./MediaPanel";
import { Sentence, Trouble } from "./Sentence";
import { meshTrace, sceneTraces } from "./solids";
import { useSolids } from "./useSolids";

const AXES = { xaxis: { title: { text: "x" } }, yaxis: { title: { text: "y" } }, zaxis: { title: { text: "z" } }, aspectmode: "data" };
const layout = { margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false, scene: AXES };

function Object3DItem({ url, record, name, height }: ItemProps) {
  const { solids, mesh, isDrawn, error } = useSolids(url, record);
  const content = useMemo((): PlotlyContent | null => {
    if (mesh !== undefined) return { data: [meshTrace(mesh)], layout };
    return solids ? { data: sceneTraces(solids), layout } : null;
  }, [solids, mesh]);
  if (!url) return <NoFile name={name} record={record} />;
  if (error) return <Trouble reason={error} />;
  if (solids === null) return <Sentence>The file of {name} holds no rows of 3, 4 or 6 numbers, and no scene with points.</Sentence>;
  if (content) return <PlotlyFigure content={content} height={height} label={caption(record) || name} />;
  if (isDrawn) return null;
  return (
    <p className="sentence">
      This page draws points, boxes and .obj meshes. <a href={url}>Download the file</a> to open it in a 3-D program.
    </p>
  );
}

export const panel = mediaPanel(["object3d", "object3ds"], Object3DItem, 320);
