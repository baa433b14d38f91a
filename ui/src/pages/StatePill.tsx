// The state of a run or a sweep: a shape, a colour and the word.
import type { SweepState, TrialState } from "../api/sweeps.schema";

type State = TrialState | SweepState;

export function StateDot({ state }: { state: State }) {
  return <i className="state-dot" data-state={state} role="img" aria-label={state} title={state} />;
}

export function StatePill({ state }: { state: State }) {
  return (
    <span className="state-pill" data-state={state}>
      <i className="state-dot" data-state={state} aria-hidden />
      {state}
    </span>
  );
}
