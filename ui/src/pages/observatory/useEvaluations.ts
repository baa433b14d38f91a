// The steps at which the run was evaluated: those of the first series that is an evaluation.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { RunRef, SeriesView } from "../../api/client";
import { seriesQuery, useKeys } from "../../api/queries";
import { isEvaluation } from "./timeline";

const VIEW: SeriesView = { x: "step", lo: null, hi: null, buckets: 200, scale: "linear", rank: null };

export function useEvaluations(run: RunRef, isEnabled: boolean): number[] {
  const { data: keys } = useKeys(run);
  const key = keys?.keys.find((info) => info.kind === "scalar" && isEvaluation(info.key))?.key;
  const { data } = useQuery({ ...seriesQuery(run, key ?? "", VIEW), enabled: isEnabled && key !== undefined });
  return useMemo(() => (key && data ? [...data.frame.x] : []), [key, data]);
}
