// The content of a kept 3-D thing, whichever way it was kept.
import { useMemo } from "react";
import { z } from "zod";
import { readFileJson, readFileText, readFloats } from "../api/client";
import { useFile } from "../api/queries";
import { solidsOf, type Solids } from "./solids";

const Floats = z.object({
  shape: z.tuple([z.number(), z.number()]),
  boxes: z.array(z.unknown()).default([]),
  vectors: z.array(z.unknown()).default([]),
});

export interface Content {
  solids: Solids | null | undefined; // null: the file holds none; undefined: not read, or a mesh
  mesh: string | undefined; // an .obj
  isDrawn: boolean; // whether this page draws such a file
  error: unknown;
}

/** Points as plain floats (our own), as W&B's JSON, or a mesh. */
export function useSolids(url: string | null, record: unknown): Content {
  const floats = useMemo(() => Floats.safeParse(record), [record]);
  const [isJson, isMesh] = [!floats.success && url?.endsWith(".json") === true, !floats.success && url?.endsWith(".obj") === true];
  const raw = useFile(floats.success ? url : null, readFloats);
  const json = useFile(isJson ? url : null, readFileJson);
  const mesh = useFile(isMesh ? url : null, readFileText);
  const solids = useMemo(() => {
    if (isJson) return json.data === undefined ? undefined : solidsOf(json.data);
    if (!floats.success || !raw.data) return undefined;
    const { shape, boxes, vectors } = floats.data;
    return { points: raw.data, width: shape[1], boxes, vectors };
  }, [floats, raw.data, json.data, isJson]);
  return { solids, mesh: isMesh ? mesh.data : undefined, isDrawn: floats.success || isJson || isMesh, error: raw.error ?? json.error ?? mesh.error };
}
