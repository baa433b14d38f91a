// The head of a run: name, state, how far, since when, which stage.
import type { RunDetail } from "../api/schema";
import { duration, step } from "../charts/format";
import { Ago } from "./Ago";
import { stageLook } from "./hairlines";
import { StatePill } from "./StatePill";

export function RunHead({ detail }: { detail: RunDetail }) {
  const stage = detail.stages.at(-1);
  return (
    <header className="run-head">
      <h1 title={detail.name}>{detail.name || detail.id}</h1>
      <StatePill state={detail.state} />
      <span className="run-fact">
        <b>{step(detail.steps)}</b> steps
      </span>
      <span className="run-fact">
        started <Ago time={detail.created} />, ran {duration(Math.max(0, detail.updated - detail.created))}
      </span>
      {stage ? (
        <span className="run-fact">
          <i className="stage-chip" style={{ background: `var(${stageLook(stage.name).colour})` }} /> {stage.name}
        </span>
      ) : null}
      {detail.world_size > 1 ? <span className="run-fact">{detail.world_size} ranks</span> : null}
      {detail.tags.map((tag) => (
        <span key={tag} className="tag">
          {tag}
        </span>
      ))}
      {detail.notes ? <p className="run-notes">{detail.notes}</p> : null}
    </header>
  );
}
