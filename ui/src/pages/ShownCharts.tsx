// The series of several runs, one chart per name, one line per run.
import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { readKeys } from "../api/client";
import type { KeyInfo, RunRow } from "../api/schema";
import type { Source } from "../panels/panel";
import { PanelSections } from "./PanelSections";
import { usePlace, viewOf } from "./place";
import { refOf } from "./runName";
import { useColours } from "./useColours";
import { ViewBar } from "./ViewBar";

/** Every scalar that one of the runs has; ranks are left to the run's own page. */
function union(lists: (KeyInfo[] | undefined)[]): KeyInfo[] {
  const found = new Map<string, KeyInfo>();
  for (const info of lists.flatMap((list) => list ?? [])) {
    if (info.kind === "scalar" && !found.has(info.key)) found.set(info.key, { ...info, ranks: [] });
  }
  return [...found.values()];
}

export function ShownCharts({ names, rows }: { names: string[]; rows: RunRow[] }) {
  const { place } = usePlace();
  const colours = useColours(names);
  const results = useQueries({
    queries: names.map((name) => {
      const run = refOf(name);
      return { queryKey: ["keys", run.project, run.id], queryFn: () => readKeys(run) };
    }),
  });
  const lists = results.map((result) => result.data?.keys);
  const keys = useMemo(() => union(lists), lists);
  const labels = names.map((name) => rows.find((run) => `${run.project}/${run.id}` === name)?.name || refOf(name).id).join("\n");
  const sources = useMemo((): Source[] => {
    const label = labels.split("\n");
    return names.map((name, i) => ({ run: refOf(name), label: label[i] ?? name, colour: colours.get(name) ?? "var(--run-0)", hairlines: [] }));
  }, [names, labels, colours]);
  if (!keys.length) return null;
  return (
    <>
      <ViewBar keys={keys} />
      <PanelSections keys={keys} shared={{ sources, view: viewOf(place) }} foldedAtFirst={["system", "throughput"]} empty={<p>No numbers were logged yet.</p>} />
    </>
  );
}
