// The words on the canvas: what is shown, where its points come from, and what has to be said about it.
import { Link } from "@tanstack/react-router";
import type { RunDetail } from "../../api/schema";
import type { Meta } from "../../charts/moves";
import { StateDot } from "../StatePill";

const NOTES_SHOWN = 2;

const ORIGINS: Record<string, string> = {
  measured: "Every point was measured.",
  interpolated: "Between measured points something was interpolated.",
  model: "This is a model, not a measurement.",
  decorative: "The look of the seed document; heights between measured points mean nothing.",
};

export function SceneHead({ detail, title, meta }: { detail: RunDetail; title: string; meta: Meta }) {
  const [shown, more] = [meta.notes.slice(0, NOTES_SHOWN), meta.notes.slice(NOTES_SHOWN)];
  return (
    <header className="scene-head">
      <h1>{title}</h1>
      <p className="scene-run">
        <StateDot state={detail.state} />
        <Link to="/$project/$run" params={{ project: detail.project, run: detail.id }} search={{}}>
          {detail.name || detail.id}
        </Link>
      </p>
      {meta.origin && meta.origin !== "none" ? (
        <p className="scene-notes">
          <b title={ORIGINS[meta.origin]}>{meta.origin}</b>
          {shown.map((note) => (
            <span key={note}>{note}</span>
          ))}
        </p>
      ) : null}
      {more.length ? (
        <details className="scene-notes">
          <summary>{more.length} more</summary>
          {more.map((note) => (
            <p key={note}>{note}</p>
          ))}
        </details>
      ) : null}
    </header>
  );
}
