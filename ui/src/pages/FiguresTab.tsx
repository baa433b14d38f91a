// The gallery over one run, by family: figures that have their data, and why the others have not.
import { useComputedColorScheme } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMemo } from "react";
import type { RunRef } from "../api/client";
import { useFigure, useFigures } from "../api/queries";
import type { FigureInfo } from "../api/schema";
import { PlotlyFigure } from "../charts/PlotlyFigure";
import { Trouble } from "../panels/Sentence";
import { asked, OptionFields } from "./OptionFields";
import { byFamily } from "./families";
import { usePlace } from "./place";

const HEIGHT_PX = 560;
const TYPING_MS = 300;

function FigureView({ run, info }: { run: RunRef; info: FigureInfo }) {
  const { place, change } = usePlace();
  const [wanted] = useDebouncedValue(place.options, TYPING_MS);
  const options = useMemo(() => asked(info, wanted), [info, wanted]);
  const theme = useComputedColorScheme();
  const { data, error } = useFigure(run, info.id, { ...options, theme });
  return (
    <section className="figure" aria-label={info.title}>
      <header className="figure-head">
        <OptionFields run={run} options={info.options} chosen={place.options} onChange={(next) => change({ options: next })} />
      </header>
      {error ? <Trouble reason={error} /> : null}
      {data ? <PlotlyFigure content={data} height={HEIGHT_PX} label={info.title} isOurs /> : <div style={{ height: HEIGHT_PX }} aria-busy />}
    </section>
  );
}

function Family({ name, figures, chosen, onChoose }: { name: string; figures: FigureInfo[]; chosen: FigureInfo | undefined; onChoose: (info: FigureInfo) => void }) {
  return (
    <section aria-label={name}>
      <h2>{name}</h2>
      {figures.map((info) => (
        <button key={info.id} type="button" aria-current={info === chosen} onClick={() => onChoose(info)}>
          {info.title}
          {info.over === "runs" ? <small>runs</small> : null}
        </button>
      ))}
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
        {byFamily(ready).map(([name, figures]) => (
          <Family key={name} name={name} figures={figures} chosen={chosen} onChoose={(info) => change({ figure: info.id, options: undefined }, "push")} />
        ))}
        {waiting.length ? <h2>without their data</h2> : null}
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
