// The sweeps of a project, newest first; nothing where there are none.
import { Link } from "@tanstack/react-router";
import { useSweeps } from "../api/sweeps";
import { StateDot } from "./StatePill";

const SHOWN = 8;

export function SweepLinks({ project }: { project: string }) {
  const { data } = useSweeps(project);
  const sweeps = data?.sweeps ?? [];
  if (!sweeps.length) return null;
  return (
    <nav className="sweep-links" aria-label="Sweeps">
      <span>{sweeps.length === 1 ? "sweep" : "sweeps"}</span>
      {sweeps.slice(0, SHOWN).map(({ id, name, state, runs, method }) => (
        <Link key={id} to="/$project/sweeps/$sweep" params={{ project, sweep: id }} search={{}} title={`${method} search, ${state}`}>
          <StateDot state={state} /> {name || id} <small>{runs}</small>
        </Link>
      ))}
      {sweeps.length > SHOWN ? <span>and {sweeps.length - SHOWN} older ones</span> : null}
    </nav>
  );
}
