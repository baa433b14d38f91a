// Points and boxes in space; meshes as .obj.
import { useMemo } from "react";
import { z } from "zod";
import { readFileText, readFloats } from "../api/client";
import { useFile } from "../api/queries";
import { PlotlyFigure, type PlotlyContent } from "../charts/PlotlyFigure";
import { mediaPanel, NoFile, type ItemProps } from "./MediaPanel";
import { Trouble } from "./Sentence";
import { meshTrace, sceneTraces } from "./solids";

const Scene = z.object({ shape: z.tuple([z.number(), z.number()]), boxes: z.array(z.unknown()).default([]) });
const AXES = { xaxis: { title: { text: "x" } }, yaxis: { title: { text: "y" } }, zaxis: { title: { text: "z" } }, aspectmode: "data" };
const layout = { margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false, scene: AXES };

function Points({ url, record, name, height }: ItemProps) {
  const { data, error } = useFile(url, readFloats);
  const content = useMemo((): PlotlyContent | null => {
    const scene = Scene.safeParse(record);
    return data && scene.success ? { data: sceneTraces(data, scene.data.shape[1], scene.data.boxes), layout } : null;
  }, [data, record]);
  if (error) return <Trouble reason={error} />;
  return content ? <PlotlyFigure content={content} height={height} label={name} /> : null;
}

function Mesh({ url, name, height }: ItemProps) {
  const { data, error } = useFile(url, readFileText);
  const content = useMemo((): PlotlyContent | null => (data === undefined ? null : { data: [meshTrace(data)], layout }), [data]);
  if (error) return <Trouble reason={error} />;
  return content ? <PlotlyFigure content={content} height={height} label={name} /> : null;
}

function Object3DItem(props: ItemProps) {
  const { url, record, name } = props;
  if (!url) return <NoFile name={name} />;
  if (Scene.safeParse(record).success) return <Points {...props} />;
  if (url.endsWith(".obj")) return <Mesh {...props} />;
  return (
    <p className="sentence">
      This page draws points, boxes and .obj meshes. <a href={url}>Download the file</a> to open it in a 3-D program.
    </p>
  );
}

export const panel = mediaPanel(["object3d"], Object3DItem, 320);
