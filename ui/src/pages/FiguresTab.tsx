// The gallery over one run: figures that have their data, and why the others have not.
import { SegmentedControl, useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";
import type { RunRef } from "../api/client";
import { useFigure, useFigures } from "../api/queries";
import type { FigureInfo } from "../api/schema";
import { PlotlyFigure } from "../charts/PlotlyFigure";
import { Trouble } from "../panels/Sentence";
import { usePlace } from "./place";

const HEIGHT_PX = 560;

function FigureView({ run, info }: { run: RunRef; info: FigureInfo }) {
  const { place, change } = usePlace();
  const options = useMemo(() => {
    const chosen = Object.entries(info.options).map(([name, choices]): [string, string] => {
      const wanted = place.options?.[name];
      return [name, wanted !== undefined && choices.includes(wanted) ? wanted : (choices[0] ?? "")];
    });
    return Object.fromEntries(chosen);
  }, [info, place.options]);
  const theme = useComputedColorScheme();
  const { data, error } = useFigure(run, info.id, { ...options, theme });
  return (
    <section className="figure" aria-label={info.title}>
      <header className="figure-head">
        {Object.entries(info.options).map(([name, choices]) => (
          <SegmentedControl
            key={name}
            size="xs"
            aria-label={name}
            data={choices}
            value={options[name] ?? ""}
            onChange={(next) => change({ options: { ...place.options, [name]: next } })}
          />
        ))}
      </header>
      {error && !data ? <Trouble reason={error} /> : null}
      {data ? <PlotlyFigure content={data} height={HEIGHT_PX} label={info.title} isOurs /> : <div style={{ height: HEIGHT_PX }} aria-busy />}
    </section>
  );
}

export function FiguresTab({ run }: { run: RunRef }) {
  const { place, change } = usePlace();
  const { data, error } = useFigures(run);
  if (error && !data) return <Trouble reason={error} />;
  if (!data) return null;
  const ready = data.figures.filter((info) => info.ready);
  const waiting = data.figures.filter((info) => !info.ready);
  const chosen = ready.find((info) => info.id === place.figure) ?? ready[0];
  return (
    <div className="figures">
      <nav className="figure-list" aria-label="Figures">
        {ready.map((info) => (
          <button key={info.id} type="button" aria-current={info === chosen} onClick={() => change({ figure: info.id, options: undefined }, "push")}>
            {info.title}
          </button>
        ))}
        {waiting.map((info) => (
          <div key={info.id} className="figure-waiting">
            <b>{info.title}</b>
            <p>{info.reason}</p>
          </div>
        ))}
      </nav>
      {chosen ? <FigureView key={chosen.id} run={run} info={chosen} /> : <div className="empty">No figure has its data yet. The list says what each one needs.</div>}
    </div>
  );
}
