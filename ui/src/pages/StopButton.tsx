// Asks a training to stop. Asked twice, for it cannot be taken back.
import { useState } from "react";
import type { RunDetail } from "../api/schema";
import { useStop } from "../api/queries";

const HEARS = "The training hears of it with its next message, within half a minute, and ends as after Ctrl-C.";

export function StopButton({ detail }: { detail: RunDetail }) {
  const [isSure, setSure] = useState(false);
  const { mutate, isPending, error } = useStop(detail);
  if (detail.stopping === "no") return null;
  if (detail.stopping === "asked") {
    return (
      <span className="run-fact" role="status" title={HEARS}>
        asked to stop
      </span>
    );
  }
  if (!isSure) {
    return (
      <button type="button" className="toggle" title={HEARS} onClick={() => setSure(true)}>
        Stop
      </button>
    );
  }
  return (
    <span className="stop-question" role="group" aria-label="Stop the training?" title={HEARS}>
      <button type="button" className="toggle" data-danger autoFocus disabled={isPending} onClick={() => mutate()}>
        Stop this training
      </button>
      <button type="button" className="toggle" disabled={isPending} onClick={() => setSure(false)}>
        Let it run
      </button>
      {error ? <span className="run-fact">{error.message}</span> : null}
    </span>
  );
}
