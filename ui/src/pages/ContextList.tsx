// The list beside the page: projects, and the runs of the one that is open.
import { Link } from "@tanstack/react-router";
import { useProjects, useRuns } from "../api/queries";
import { StateDot } from "./StatePill";

const RUNS_SHOWN = 60;

function Runs({ project, current }: { project: string; current: string | undefined }) {
  const { data } = useRuns({ project, sort: "-created", offset: 0, limit: RUNS_SHOWN, values: 0 });
  return (
    <ul className="context-runs">
      {(data?.runs ?? []).map((run) => (
        <li key={run.id}>
          <Link to="/$project/$run" params={{ project, run: run.id }} search={(held) => held} aria-current={run.id === current ? "page" : undefined} title={run.name || run.id}>
            <StateDot state={run.state} />
            <span>{run.name || run.id}</span>
          </Link>
        </li>
      ))}
      {data && data.total > RUNS_SHOWN ? (
        <li className="context-more">
          <Link to="/$project" params={{ project }} search={{}}>
            all {data.total.toLocaleString("en-GB")} runs
          </Link>
        </li>
      ) : null}
    </ul>
  );
}

export function ContextList({ project, run }: { project: string | undefined; run: string | undefined }) {
  const { data } = useProjects();
  return (
    <nav className="context" aria-label="Projects and runs">
      <h2>Projects</h2>
      <ul>
        {(data ?? []).map((each) => (
          <li key={each.project}>
            <Link className="context-project" to="/$project" params={{ project: each.project }} search={{}} aria-current={each.project === project && !run ? "page" : undefined} title={each.project}>
              <span>{each.project}</span>
              <small>{each.runs.toLocaleString("en-GB")}</small>
            </Link>
            {each.project === project ? <Runs project={project} current={run} /> : null}
          </li>
        ))}
      </ul>
    </nav>
  );
}
