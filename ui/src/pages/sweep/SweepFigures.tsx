// What the runs of a sweep say together: all parameters as lines, and one of them against the metric.
import { Select, useComputedColorScheme } from "@mantine/core";
import { useState } from "react";
import type { RunRef } from "../../api/client";
import type { SweepDetail } from "../../api/sweeps.schema";
import { useSweepFigure } from "../../api/sweeps";
import { PlotlyFigure } from "../../charts/PlotlyFigure";
import { Trouble } from "../../panels/Sentence";

const HEIGHT_PX = 460;
const RUNS_MIN = 2;

interface ViewProps {
  sweep: RunRef;
  figure: string;
  options: Record<string, string>;
  over: number;
  label: string;
  children?: React.ReactNode;
}

function View({ sweep, figure, options, over, label, children }: ViewProps) {
  const theme = useComputedColorScheme();
  const { data, error } = useSweepFigure(sweep, figure, { ...options, theme }, over);
  return (
    <section className="figure" aria-label={label}>
      {children}
      {error ? <Trouble reason={error} /> : null}
      {data ? <PlotlyFigure content={data} height={HEIGHT_PX} label={label} isOurs /> : <div style={{ height: HEIGHT_PX }} aria-busy />}
    </section>
  );
}

export function SweepFigures({ sweep, detail }: { sweep: RunRef; detail: SweepDetail }) {
  const { metric, parameters, trials } = detail;
  const varying = parameters.filter(({ varies }) => varies).map(({ name }) => name);
  const [chosen, choose] = useState<string | null>(null);
  const parameter = chosen ?? varying.find((name) => new Set(trials.map(({ args }) => args[name])).size > 1) ?? varying[0];
  const over = trials.filter(({ state }) => state !== "running" && state !== "waiting").length;
  const known = trials.filter(({ result }) => typeof result === "number").length;
  if (!metric) return <p className="sentence">The sweep names no metric, so its runs cannot be compared. Add one to its configuration: {"metric: {name: loss, goal: minimize}"}.</p>;
  if (known < RUNS_MIN || parameter === undefined) return <p className="sentence">Figures appear here when two runs have logged {metric}.</p>;
  return (
    <div className="sweep-figures">
      <View sweep={sweep} figure="parallel_coordinates" options={{ objective: metric }} over={over} label="Parameters and outcome" />
      <View sweep={sweep} figure="hyperparameter_space" options={{ view: "flat", x: parameter, y: metric, colour: metric }} over={over} label={`${metric} over ${parameter}`}>
        <Select className="sweep-parameter" size="xs" w={170} aria-label="Parameter" data={varying} value={parameter} allowDeselect={false} onChange={choose} />
      </View>
    </div>
  );
}
