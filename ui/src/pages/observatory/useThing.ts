// A kept 3-D thing as a figure of one trace, so that it is turned, capped and hovered like every scene.
import { useMemo } from "react";
import type { RunRef } from "../../api/client";
import { useMedia } from "../../api/queries";
import type { SceneContent } from "../../charts/moves";
import { PLOTLY_POINTS_MAX } from "../../charts/SceneView";
import { meshTrace, sceneTraces } from "../../panels/solids";
import { useSolids } from "../../panels/useSolids";

const AXES = { xaxis: { title: { text: "x" } }, yaxis: { title: { text: "y" } }, zaxis: { title: { text: "z" } }, aspectmode: "data" };

export function useThing(run: RunRef, key: string | undefined) {
  const { data, error } = useMedia(run, key ?? "", key !== undefined);
  const item = data?.items.at(-1);
  const { solids, mesh, error: unread } = useSolids(item?.url ?? null, item?.record);
  const content = useMemo((): SceneContent | undefined => {
    if (!item) return undefined;
    const about = { title: key, origin: "measured", notes: [`logged at step ${item.step.toLocaleString("en-GB")}`] };
    const layout = { scene: AXES, showlegend: false, meta: about };
    const isMany = solids ? solids.points.length > PLOTLY_POINTS_MAX * solids.width : false;
    if (solids && isMany) return { data: [], layout, frames: [], points: { values: solids.points, width: solids.width } };
    if (solids) return { data: sceneTraces(solids), layout, frames: [] };
    return mesh === undefined ? undefined : { data: [meshTrace(mesh)], layout, frames: [] };
  }, [item, solids, mesh, key]);
  return { content, error: error ?? unread };
}
