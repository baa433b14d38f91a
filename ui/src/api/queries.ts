// What a component asks for, by name; the query cache answers, shares and keeps it.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { loadSeries } from "./batch";
import * as client from "./client";
import type { RunRef, RunsQuery, SeriesView } from "./client";
import { live, type LinkState } from "./events";

const of = (kind: string, run: RunRef) => [kind, run.project, run.id];

export const useHealth = () => useQuery({ queryKey: ["health"], queryFn: client.readHealth });
export const useProjects = () => useQuery({ queryKey: ["projects"], queryFn: client.readProjects });
export const useRun = (run: RunRef) => useQuery({ queryKey: of("run", run), queryFn: () => client.readRun(run) });
export const useKeys = (run: RunRef) => useQuery({ queryKey: of("keys", run), queryFn: () => client.readKeys(run) });
export const useFigures = (run: RunRef) => useQuery({ queryKey: of("figures", run), queryFn: () => client.readFigures(run) });
export const useFindings = (run: RunRef, enabled = true) =>
  useQuery({ queryKey: of("findings", run), queryFn: () => client.readFindings(run), enabled });

export const useRuns = (query: RunsQuery) =>
  useQuery({ queryKey: ["runs", query], queryFn: ({ signal }) => client.readRuns(query, signal), placeholderData: keepPreviousData });

export const useMedia = (run: RunRef, key: string) =>
  useQuery({ queryKey: [...of("media", run), key], queryFn: () => client.readMedia(run, key) });

export const useFigure = (run: RunRef, figure: string, options: Record<string, string>) =>
  useQuery({
    queryKey: [...of("figures", run), figure, options],
    queryFn: () => client.readFigure(run, figure, options),
    placeholderData: keepPreviousData,
  });

export const useVectors = (run: RunRef, family: string) =>
  useQuery({
    queryKey: [...of("vectors", run), family],
    queryFn: () => client.readVectors(run, family, 600),
    structuralSharing: false,
  });

/** A kept file never changes, so it is read once. */
export const useFile = <T>(url: string | null, read: (url: string) => Promise<T>) =>
  useQuery({ queryKey: ["file", url], queryFn: () => read(url ?? ""), enabled: url !== null, staleTime: Infinity, structuralSharing: false });

/** The options of one series query: also what several runs in one chart are asked with. */
export const seriesQuery = (run: RunRef, key: string, view: SeriesView) => ({
  queryKey: [...of("series", run), key, view],
  queryFn: async () => ({ frame: await loadSeries(run, key, view), view }),
  placeholderData: keepPreviousData,
  structuralSharing: false,
});

/** Whether the server is there; "lost" until it answers again. */
export function useLink(): LinkState {
  const [state, setState] = useState<LinkState>(live.state);
  useEffect(() => live.link.listen(setState), []);
  return state;
}

/** Growth of these runs reaches the query cache while the component is on screen. */
export function useWatch(runs: RunRef[]): void {
  const names = runs.map((run) => `${run.project}/${run.id}`).join("\n");
  useEffect(() => {
    const ends = names.split("\n").filter(Boolean).map((name) => {
      const [project = "", id = ""] = name.split("/");
      return live.watch({ project, id });
    });
    return () => ends.forEach((end) => end());
  }, [names]);
}
