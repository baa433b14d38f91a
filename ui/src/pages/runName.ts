// "project/id", as the address of a view names its runs.
import type { RunRef } from "../api/client";

export const runName = (run: RunRef): string => `${run.project}/${run.id}`;

export function refOf(name: string): RunRef {
  const [project = "", id = ""] = name.split("/");
  return { project, id };
}
