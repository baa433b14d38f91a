// The lines of one panel: one query per source and rank, each drawn as soon as it is there.
import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import type { SeriesView } from "../api/client";
import { seriesQuery } from "../api/queries";
import type { Line } from "../charts/drawn";
import { paletteColour } from "../charts/colours";
import { smooth } from "../charts/smoothing";
import type { Source, View } from "./panel";

export interface Lines {
  lines: Line[];
  isLoading: boolean;
  reason: unknown; // why there is no line at all
}

interface Asked {
  source: Source;
  rank: number | null;
}

const DASHES = [undefined, [6, 3], [2, 3], [8, 3, 2, 3]];

function asked(sources: Source[], ranks: number[]): Asked[] {
  return sources.flatMap((source): Asked[] => (ranks.length ? ranks.map((rank) => ({ source, rank })) : [{ source, rank: null }]));
}

export function useLines(key: string, sources: Source[], ranks: number[], view: View, buckets: number | null): Lines {
  const [lo, hi] = view.range ?? [null, null];
  const scale = view.isLogX ? "log" : "linear";
  const all = asked(sources, ranks);
  const results = useQueries({
    queries: all.map(({ source, rank }) => {
      const seriesView: SeriesView = { x: view.x, lo, hi, buckets, scale, rank };
      return { ...seriesQuery(source.run, key, seriesView), enabled: buckets !== null };
    }),
  });
  const frames = results.map((result) => result.data);
  const names = all.map(({ source, rank }) => `${source.run.project}/${source.run.id} ${rank} ${source.colour} ${source.label}`).join("\n");
  const lines = useMemo(
    () =>
      all.flatMap(({ source, rank }, i): Line[] => {
        const held = frames[i];
        // while a new axis is on its way the old answer would be drawn against the wrong axis
        if (!held || held.view.x !== view.x || held.view.scale !== scale) return [];
        return [
          {
            id: `${source.run.project}/${source.run.id}${rank === null ? "" : `@${rank}`}`,
            run: source.run,
            rank,
            label: rank === null ? source.label : `rank ${rank}`,
            colour: rank === null || ranks.length < 2 ? source.colour : paletteColour(rank),
            dash: rank === null ? undefined : DASHES[rank % DASHES.length],
            frame: held.frame,
            smoothed: smooth(held.frame.x, held.frame.mean, view.smoothing),
          },
        ];
      }),
    // the frames are the data; the rest of `all` is in `names`
    [names, view.x, view.smoothing, scale, ...frames],
  );
  const reason = results.find((result) => result.error)?.error;
  return { lines, isLoading: results.some((result) => result.isPending), reason: lines.length ? null : reason };
}
