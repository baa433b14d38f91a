// The scenes of a run: every three-dimensional figure, and every kept 3-D thing.
import { useMemo } from "react";
import type { RunRef } from "../../api/client";
import { useFigures, useKeys } from "../../api/queries";
import type { FigureInfo, KeyInfo } from "../../api/schema";
import { byFamily } from "../families";

export const isObservatory = (path: string): boolean => /^\/[^/]+\/[^/]+\/observatory\/?$/.test(path);

export type Scene = { id: string; title: string } & ({ kind: "figure"; info: FigureInfo } | { kind: "thing"; key: string });

/** Scenes that have their data, and figures that have not. */
export function sorted(figures: FigureInfo[], keys: KeyInfo[]): { ready: Scene[]; waiting: FigureInfo[] } {
  const solid = byFamily(figures.filter((info) => info.scene)).flatMap(([, of]) => of);
  const drawn = solid.filter((info) => info.ready).map((info): Scene => ({ id: info.id, title: info.title, kind: "figure", info }));
  const things = keys.filter((info) => info.kind === "object3d").map(({ key }): Scene => ({ id: `thing:${key}`, title: key, kind: "thing", key }));
  return { ready: [...drawn, ...things], waiting: solid.filter((info) => !info.ready) };
}

export function useScenes(run: RunRef) {
  const { data: figures, error } = useFigures(run);
  const { data: keys } = useKeys(run);
  const scenes = useMemo(() => (figures ? sorted(figures.figures, keys?.keys ?? []) : undefined), [figures, keys]);
  return { scenes, error: figures ? null : error };
}
