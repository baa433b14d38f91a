// The rows of the run table, read in pages as they come into view.
import { keepPreviousData, useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { readRuns } from "../api/client";
import type { RunRow } from "../api/schema";

export const PAGE_RUNS = 100;
const COLUMNS_MAX = 300; // a run of ten thousand series has as many last values, and no table shows them

export interface RunRows {
  total: number;
  loaded: RunRow[];
  at: (index: number) => RunRow | undefined;
  isLoading: boolean;
  reason: unknown;
}

/** first, last: indices of rows in view. The first page is always held: the columns come from it. */
export function useRunRows(project: string | undefined, filter: string | undefined, sort: string, first: number, last: number): RunRows {
  const pages = [...new Set([0, Math.floor(first / PAGE_RUNS), Math.floor(last / PAGE_RUNS)])].sort((a, b) => a - b);
  const results = useQueries({
    queries: pages.map((page) => {
      const query = { project, filter, sort, offset: page * PAGE_RUNS, limit: PAGE_RUNS, values: COLUMNS_MAX };
      return {
        queryKey: ["runs", query],
        queryFn: ({ signal }: { signal: AbortSignal }) => readRuns(query, signal),
        placeholderData: page === 0 ? keepPreviousData : undefined,
      };
    }),
  });
  const data = results.map((result) => result.data);
  return useMemo(() => {
    const held = new Map(pages.map((page, i) => [page, data[i]]));
    return {
      total: data[0]?.total ?? 0,
      loaded: data.flatMap((page) => page?.runs ?? []),
      at: (index) => held.get(Math.floor(index / PAGE_RUNS))?.runs[index % PAGE_RUNS],
      isLoading: results[0]?.isPending ?? true,
      reason: results.find((result) => result.error)?.error,
    };
    // the pages' data are what the rest is made of
  }, [pages.join(), ...data, results[0]?.isPending, results.find((result) => result.error)?.error]);
}
