// What a component asks for of sweeps; a sweep is named as a run is, by project and id.
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as client from "./client";
import type { RunRef } from "./client";
import type { SweepState } from "./sweeps.schema";

const LOOK_MS = 10_000; // agents come and go, and a command line may pause it, without any run that grows
const of = (sweep: RunRef) => ["sweep", sweep.project, sweep.id];

export const useSweeps = (project: string | undefined) =>
  useQuery({ queryKey: ["sweeps", project], queryFn: () => client.readSweeps(project ?? ""), enabled: project !== undefined });

export const useSweep = (sweep: RunRef) => useQuery({ queryKey: of(sweep), queryFn: () => client.readSweep(sweep), refetchInterval: LOOK_MS });

export function useSweepChange(sweep: RunRef) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: (to: SweepState) => client.changeSweep(sweep, to), onSuccess: (detail) => queries.setQueryData(of(sweep), detail) });
}

/** A figure over the runs of a sweep; drawn anew when another one is over (`over`), not at every step of one. */
export const useSweepFigure = (sweep: RunRef, figure: string, options: Record<string, string>, over: number) =>
  useQuery({
    queryKey: ["sweep figure", sweep.project, sweep.id, figure, options, over],
    queryFn: () => client.readSweepFigure(sweep, figure, options),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    structuralSharing: false,
  });
