// A kept 3-D thing as a figure of one trace, so that it is turned, capped and hovered like every scene.
import { useMemo } from "react";
import { z } from "zod";
import { readFileText, readFloats, type RunRef } from "../../api/client";
import { useFile, useMedia } from "../../api/queries";
import type { SceneContent } from "../../charts/moves";
import { PLOTLY_POINTS_MAX } from "../../charts/SceneView";
import { meshTrace, sceneTraces } from "../../panels/solids";

const Points = z.object({ shape: z.tuple([z.number(), z.number()]), boxes: z.array(z.unknown()).default([]) });
const AXES = { xaxis: { title: { text: "x" } }, yaxis: { title: { text: "y" } }, zaxis: { title: { text: "z" } }, aspectmode: "data" };

export function useThing(run: RunRef, key: string | undefined) {
  const { data, error } = useMedia(run, key ?? "", key !== undefined);
  const item = data?.items.at(-1);
  const parsed = useMemo(() => Points.safeParse(item?.record), [item]);
  const url = item?.url ?? null;
  const floats = useFile(parsed.success ? url : null, readFloats);
  const mesh = useFile(!parsed.success && url?.endsWith(".obj") ? url : null, readFileText);
  const content = useMemo((): SceneContent | undefined => {
    if (!item) return undefined;
    const about = { title: key, origin: "measured", notes: [`logged at step ${item.step.toLocaleString("en-GB")}`] };
    const layout = { scene: AXES, showlegend: false, meta: about };
    const width = parsed.success ? parsed.data.shape[1] : 3;
    if (floats.data && floats.data.length > PLOTLY_POINTS_MAX * width) return { data: [], layout, frames: [], points: { values: floats.data, width } };
    if (parsed.success && floats.data) return { data: sceneTraces(floats.data, parsed.data.shape[1], parsed.data.boxes), layout, frames: [] };
    return mesh.data === undefined ? undefined : { data: [meshTrace(mesh.data)], layout, frames: [] };
  }, [item, parsed, floats.data, mesh.data, key]);
  return { content, error: error ?? floats.error ?? mesh.error };
}
