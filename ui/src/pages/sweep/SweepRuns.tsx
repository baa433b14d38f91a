// The runs of a sweep: what each was given and what it reached; a click on a head sorts.
import { Link } from "@tanstack/react-router";
import type { SweepDetail, SweepTrial } from "../../api/sweeps.schema";
import { Icon } from "../../charts/Icon";
import { duration, step } from "../../charts/format";
import { Ago } from "../Ago";
import { cellText } from "../runColumns";
import { StateDot } from "../StatePill";
import { usePlace } from "../place";
import { held, sorted, usualOrder } from "./trials";

interface Column {
  id: string;
  title: string;
  isNumber: boolean;
}

function columnsOf({ metric, parameters, trials }: SweepDetail): Column[] {
  const isNumber = (id: string) => trials.every((trial) => ["number", "undefined"].includes(typeof held(trial, id)));
  const given = parameters.filter(({ varies }) => varies).map(({ name }) => ({ id: `args.${name}`, title: name, isNumber: isNumber(`args.${name}`) }));
  return [{ id: "name", title: "run", isNumber: false }, ...(metric ? [{ id: "result", title: metric, isNumber: true }] : []), ...given, { id: "steps", title: "steps", isNumber: true }, { id: "created", title: "started", isNumber: false }];
}

function Value({ trial, column, isBest }: { trial: SweepTrial; column: Column; isBest: boolean }) {
  const value = held(trial, column.id);
  const text = column.id === "steps" ? step(trial.steps) : cellText(value);
  return (
    <td data-number={column.isNumber} data-best={isBest && column.id === "result"} title={value === null || value === undefined ? undefined : String(value)}>
      {text}
    </td>
  );
}

function Row({ project, trial, columns, isBest }: { project: string; trial: SweepTrial; columns: Column[]; isBest: boolean }) {
  const label = trial.name || trial.run;
  return (
    <tr>
      <td>
        <StateDot state={trial.state} />{" "}
        {trial.state === "waiting" ? (
          <span title="Its agent has not begun it yet.">{label}</span>
        ) : (
          <Link to="/$project/$run" params={{ project, run: trial.run }} search={{}} title={label}>
            {label}
          </Link>
        )}
        {trial.ended_early ? <span className="tag" title="The sweep told it to end before it was through">stopped early</span> : null}
      </td>
      {columns.slice(1, -1).map((column) => (
        <Value key={column.id} trial={trial} column={column} isBest={isBest} />
      ))}
      <td>
        <Ago time={trial.created} />
        {trial.seconds ? `, ran ${duration(trial.seconds)}` : ""}
      </td>
    </tr>
  );
}

export function SweepRuns({ project, detail }: { project: string; detail: SweepDetail }) {
  const { place, change } = usePlace();
  const order = place.sort ?? usualOrder(detail.metric ? detail.goal : null);
  const columns = columnsOf(detail);
  if (!detail.trials.length) return <p className="sentence">No run was given out yet.</p>;
  return (
    <section>
      <h2>Runs</h2>
      <div className="media-table sweep-runs" tabIndex={0} role="region" aria-label="Runs of the sweep">
        <table>
          <thead>
            <tr>
              {columns.map(({ id, title, isNumber }) => {
                const direction = order === id ? "ascending" : order === `-${id}` ? "descending" : "none";
                return (
                  <th key={id} data-number={isNumber} aria-sort={direction}>
                    <button type="button" title={title} onClick={() => change({ sort: direction === "descending" ? id : `-${id}` })}>
                      {title}
                      {direction === "none" ? null : <Icon name={direction === "ascending" ? "up" : "down"} size={11} />}
                    </button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {sorted(detail.trials, order).map((trial) => (
              <Row key={trial.run} project={project} trial={trial} columns={columns} isBest={trial.run === detail.best} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
