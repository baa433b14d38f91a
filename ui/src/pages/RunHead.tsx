// The head of a run: name, state, how far, since when, which stage, what it belongs to.
import { Link } from "@tanstack/react-router";
import type { RunDetail } from "../api/schema";
import { duration, step } from "../charts/format";
import { Ago, useNow } from "./Ago";
import { endOf, leftText } from "./eta";
import { stageLook } from "./hairlines";
import { StatePill } from "./StatePill";
import { StopButton } from "./StopButton";

/** Step, planned steps and how long it will still take, as far as the config says. */
function Progress({ detail }: { detail: RunDetail }) {
  const now = useNow();
  const { steps, left } = detail.state === "running" ? endOf(detail, Math.max(now, detail.updated)) : { steps: null, left: null };
  return (
    <span className="run-fact" data-fact="progress">
      <b>{step(detail.steps)}</b>
      {steps === null ? "" : ` of ${step(steps)}`} {detail.steps === 1 && steps === null ? "step" : "steps"}
      {left === null ? "" : `, ${leftText(left)}`}
    </span>
  );
}

export function RunHead({ detail }: { detail: RunDetail }) {
  const stage = detail.stages.at(-1);
  return (
    <header className="run-head">
      <h1 title={detail.name}>{detail.name || detail.id}</h1>
      <StatePill state={detail.state} />
      <StopButton detail={detail} />
      <Progress detail={detail} />
      <span className="run-fact">
        started <Ago time={detail.created} />, ran {duration(Math.max(0, detail.updated - detail.created))}
      </span>
      {stage ? (
        <span className="run-fact">
          <i className="stage-chip" style={{ background: `var(${stageLook(stage.name).colour})` }} /> {stage.name}
        </span>
      ) : null}
      {detail.group ? (
        <span className="run-fact">
          group <b>{detail.group}</b>
        </span>
      ) : null}
      {detail.job_type ? <span className="run-fact">{detail.job_type}</span> : null}
      {detail.sweep ? (
        <span className="run-fact">
          sweep{" "}
          <Link to="/$project/sweeps/$sweep" params={{ project: detail.project, sweep: detail.sweep }} search={{}}>
            {detail.sweep}
          </Link>
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
