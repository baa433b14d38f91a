// What a component asks for, by name; the query cache answers, shares and keeps it.
import { keepPreviousData, useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { loadSeries } from "./batch";
import * as client from "./client";
import type { RunRef, RunsQuery, SeriesView } from "./client";
import { live, type LinkState } from "./events";
import { inSlot } from "./slots";

const of = (kind: string, run: RunRef) => [kind, run.project, run.id];

export const useHealth = () => useQuery({ queryKey: ["health"], queryFn: client.readHealth });
export const useProjects = () => useQuery({ queryKey: ["projects"], queryFn: client.readProjects });
const runQuery = (run: RunRef) => ({ queryKey: of("run", run), queryFn: () => client.readRun(run) });
const keysQuery = (run: RunRef) => ({ queryKey: of("keys", run), queryFn: () => client.readKeys(run) });
const figuresQuery = (run: RunRef) => ({ queryKey: of("figures", run), queryFn: () => client.readFigures(run) });
export const useRun = (run: RunRef) => useQuery(runQuery(run));

/** Asking a training to stop; what the server answers is the run as the page shows it. */
export function useStop(run: RunRef) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: () => client.stopRun(run), onSuccess: (detail) => queries.setQueryData(of("run", run), detail) });
}

export const useKeys = (run: RunRef) => useQuery(keysQuery(run));

/** Ask for what the page of a run begins with before anything is mounted. path: of the page's address. */
export function readAhead(queries: QueryClient, path: string): void {
  const [project, id, page, ...rest] = path.split("/").filter(Boolean).map(decodeURIComponent);
  if (project === undefined || id === undefined || rest.length) return;
  if (page === "observatory") void queries.prefetchQuery(figuresQuery({ project, id }));
  else if (page !== undefined) return;
  void queries.prefetchQuery(runQuery({ project, id }));
  void queries.prefetchQuery(keysQuery({ project, id }));
}

export const useKept = (run: RunRef) => useQuery({ queryKey: of("kept", run), queryFn: () => client.readKept(run) });
export const useFigures = (run: RunRef) => useQuery(figuresQuery(run));
export const useFindings = (run: RunRef, enabled = true) =>
  useQuery({ queryKey: of("findings", run), queryFn: () => client.readFindings(run), enabled });

/** What one run says of its series; the runs of a project say the same. */
export function useDefinitions(run: RunRef | undefined) {
  const { project = "", id = "" } = run ?? {};
  const { data } = useQuery({ queryKey: ["run", project, id], queryFn: () => client.readRun({ project, id }), enabled: run !== undefined, placeholderData: keepPreviousData });
  return data?.definitions;
}

export const useRuns = (query: RunsQuery, enabled = true) =>
  useQuery({ queryKey: ["runs", query], queryFn: ({ signal }) => client.readRuns(query, signal), placeholderData: keepPreviousData, enabled });

export const useMedia = (run: RunRef, key: string, enabled = true) =>
  useQuery({ queryKey: [...of("media", run), key], queryFn: () => client.readMedia(run, key), enabled });

/** One figure; a large one is not compared with its last state. */
export const figureQuery = (run: RunRef, figure: string, options: Record<string, string>) => ({
  queryKey: [...of("figures", run), figure, options],
  queryFn: () => client.readFigure(run, figure, options),
  structuralSharing: false,
});
export const useFigure = (run: RunRef, figure: string, options: Record<string, string>, enabled = true) =>
  useQuery({ ...figureQuery(run, figure, options), placeholderData: keepPreviousData, enabled });

export const useVectors = (run: RunRef, family: string, enabled = true) =>
  useQuery({
    enabled,
    queryKey: [...of("vectors", run), family],
    queryFn: () => client.readVectors(run, family, 600),
    structuralSharing: false,
  });

/** A kept file never changes, so it is read once. steady: what stood in its place stays, with its zoom, until it is there. */
export const useFile = <T>(url: string | null, read: (url: string) => Promise<T>, steady = false) =>
  useQuery({ queryKey: ["file", url], queryFn: () => read(url ?? ""), enabled: url !== null, staleTime: Infinity, structuralSharing: false, ...(steady && url ? { placeholderData: keepPreviousData } : {}) });

/** The options of one series query: also what several runs in one chart are asked with. */
export const seriesQuery = (run: RunRef, key: string, view: SeriesView) => ({
  queryKey: [...of("series", run), key, view],
  queryFn: async () => ({ frame: await loadSeries(run, key, view), view }),
  placeholderData: keepPreviousData,
  structuralSharing: false,
});

/** Every point of a short range. What was logged does not change, so it is kept. */
export const pointQuery = (run: RunRef, key: string, view: SeriesView) => ({
  queryKey: [...of("points", run), key, view],
  queryFn: () => loadSeries(run, key, view),
  staleTime: Infinity,
  gcTime: 20_000,
  retry: false,
  structuralSharing: false,
});

const SPARK_BUCKETS = 48;
const SPARK_EVERY_S = 5; // a curve of a few pixels need not follow every step
const SPARK_VIEW: SeriesView = { x: "step", lo: null, hi: null, buckets: SPARK_BUCKETS, scale: "linear", rank: null };

/** A curve of few points for the run table; `updated` is when the run last grew. */
export const useSpark = (run: RunRef, key: string, updated: number, enabled: boolean) =>
  useQuery({
    queryKey: [...of("spark", run), key, Math.floor(updated / SPARK_EVERY_S)],
    queryFn: () => inSlot(() => loadSeries(run, key, SPARK_VIEW)),
    enabled,
    retry: false,
    staleTime: Infinity,
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
