// The head of a sweep: name, state, what may be done with it, how it searches, and its best run.
import { Link } from "@tanstack/react-router";
import type { RunRef } from "../../api/client";
import type { SweepDetail, SweepState } from "../../api/sweeps.schema";
import { useSweepChange } from "../../api/sweeps";
import { number, step, value } from "../../charts/format";
import { Ago } from "../Ago";
import { StatePill } from "../StatePill";

interface Change {
  to: SweepState;
  word: string;
  title: string;
}

const GO_ON: Change = { to: "running", word: "Resume", title: "Agents get runs again." };
const PAUSE: Change = { to: "paused", word: "Pause", title: "Runs under way go on; agents wait and get no new ones." };
const FINISH: Change = { to: "finished", word: "Stop", title: "Runs under way go on to their end; then their agents leave." };
const CANCEL: Change = { to: "canceled", word: "Cancel", title: "Runs under way are ended within seconds, and agents leave. This cannot be taken back." };
const CHANGES: Record<SweepState, Change[]> = { running: [PAUSE, FINISH, CANCEL], paused: [GO_ON, FINISH, CANCEL], finished: [GO_ON], canceled: [] };

function Changes({ sweep, detail }: { sweep: RunRef; detail: SweepDetail }) {
  const { mutate, isPending, error } = useSweepChange(sweep);
  if (!CHANGES[detail.state].length) return null;
  return (
    <span className="stop-question" role="group" aria-label="Change the sweep">
      {CHANGES[detail.state].map(({ to, word, title }) => (
        <button key={to} type="button" className="toggle" title={title} disabled={isPending} onClick={() => mutate(to)}>
          {word}
        </button>
      ))}
      {error ? <span className="run-fact">{error.message}</span> : null}
    </span>
  );
}

export function SweepHead({ sweep, detail }: { sweep: RunRef; detail: SweepDetail }) {
  const { name, id, state, method, goal, metric, runs, expected, agents, created, description, stopping } = detail;
  return (
    <header className="run-head">
      <h1 title={name}>{name || id}</h1>
      <StatePill state={state} />
      <Changes sweep={sweep} detail={detail} />
      <span className="run-fact">
        {method} search{metric ? ", " : ""}
        {metric ? (
          <>
            {goal} <code>{metric}</code>
          </>
        ) : null}
      </span>
      <span className="run-fact">
        <b>{step(runs)}</b>
        {expected === null ? "" : ` of ${step(expected)}`} {runs === 1 && expected === null ? "run" : "runs"}
      </span>
      {state === "running" || state === "paused" ? (
        <span className="run-fact">{agents ? `${agents} ${agents === 1 ? "agent" : "agents"}` : "no agent"}</span>
      ) : null}
      <span className="run-fact">
        made <Ago time={created} />
      </span>
      {stopping ? <span className="run-fact">{stopping}</span> : null}
      {description ? <p className="run-notes">{description}</p> : null}
      {state === "running" && !agents ? (
        <p className="run-notes">
          No agent works on it. Start one where it shall compute: <code className="command">{detail.command}</code>
        </p>
      ) : null}
    </header>
  );
}

/** The run that reached most, and with which parameters. */
export function BestRun({ project, detail }: { project: string; detail: SweepDetail }) {
  const best = detail.trials.find((trial) => trial.run === detail.best);
  if (!best) return null;
  const chosen = detail.parameters.filter(({ varies }) => varies);
  return (
    <section className="best-run" aria-label="Best run">
      <h2>Best run</h2>
      <Link to="/$project/$run" params={{ project, run: best.run }} search={{}}>
        {best.name || best.run}
      </Link>
      <span className="best-fact">
        <span>{detail.metric}</span> <b>{typeof best.result === "number" ? number(best.result) : value(best.result)}</b>
      </span>
      {chosen.map(({ name }) => (
        <span key={name} className="best-fact">
          <span>{name}</span> {value(best.args[name])}
        </span>
      ))}
    </section>
  );
}
