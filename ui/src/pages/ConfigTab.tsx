// The configuration of a run, and its summary.
import type { RunDetail } from "../api/schema";
import { ValueList } from "./ValueList";

export function ConfigTab({ detail }: { detail: RunDetail }) {
  return (
    <div className="two-lists">
      <ValueList
        title="Config"
        values={detail.config}
        empty={
          <p>
            The run has no config. Pass <code>bv.init(config=…)</code>.
          </p>
        }
      />
      <ValueList title="Summary" values={detail.summary} empty={<p>The summary is empty until something is logged.</p>} />
    </div>
  );
}
