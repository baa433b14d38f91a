// The state of a run: a shape, a colour and the word.
import type { RunState } from "../api/schema";

export function StateDot({ state }: { state: RunState }) {
  return <i className="state-dot" data-state={state} role="img" aria-label={state} title={state} />;
}

export function StatePill({ state }: { state: RunState }) {
  return (
    <span className="state-pill" data-state={state}>
      <i className="state-dot" data-state={state} aria-hidden />
      {state}
    </span>
  );
}
