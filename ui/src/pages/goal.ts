// What a project's runs are judged by: the series whose curve stands in the run table, and which way is better.
import type { Definition, RunRow } from "../api/schema";

export type Goal = "minimize" | "maximize";
export type Goals = Map<string, Goal>;

const USUAL = ["val/loss", "train/loss", "loss"];

export function goalsOf(definitions: Record<string, Definition> | undefined): Goals {
  const found: Goals = new Map();
  for (const [key, { goal }] of Object.entries(definitions ?? {})) if (goal === "minimize" || goal === "maximize") found.set(key, goal);
  return found;
}

/** A defined goal, else the usual names, else the first number of the summary; only what one of the runs has. */
export function goalSeries(runs: RunRow[], goals: Goals): string | null {
  const has = (key: string) => runs.some((run) => run.summary[key] !== undefined);
  const named = [...goals.keys(), ...USUAL].find(has);
  if (named !== undefined) return named;
  for (const run of runs) {
    const first = Object.entries(run.summary).find(([name, held]) => typeof held === "number" && !/^(_|system\/|throughput\/)/.test(name));
    if (first) return first[0];
  }
  return null;
}
