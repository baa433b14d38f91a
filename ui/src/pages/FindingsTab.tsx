// What the rules say about a run, the worst first, each with its evidence and what to do.
import type { RunRef } from "../api/client";
import { useFindings } from "../api/queries";
import type { Finding } from "../api/schema";
import { step } from "../charts/format";
import { Trouble } from "../panels/Sentence";
import { SeverityMark } from "./Notices";
import { usePlace } from "./place";

function span({ first_step, last_step }: Finding): string {
  if (first_step === null) return "";
  if (last_step === null || last_step === first_step) return `step ${step(first_step)}`;
  return `steps ${step(first_step)} to ${step(last_step)}`;
}

function FindingView({ finding }: { finding: Finding }) {
  const { change } = usePlace();
  return (
    <article className="finding" data-level={finding.severity}>
      <header>
        <SeverityMark level={finding.severity} />
        <h2>{finding.title}</h2>
        <span className="run-fact">{span(finding)}</span>
        <code>{finding.rule}</code>
      </header>
      <ul>
        {finding.evidence.map((evidence, i) => (
          <li key={i}>
            {evidence.series ? (
              <button type="button" className="link" onClick={() => change({ tab: undefined, panel: evidence.series }, "push")}>
                {evidence.series}
              </button>
            ) : null}{" "}
            {evidence.text}
          </li>
        ))}
      </ul>
      {finding.cause ? <p>{finding.cause}</p> : null}
      {finding.action ? <p className="finding-action">{finding.action}</p> : null}
    </article>
  );
}

export function FindingsTab({ run }: { run: RunRef }) {
  const { data, error } = useFindings(run);
  if (error && !data) return <Trouble reason={error} />;
  if (!data) return null;
  return (
    <div className="findings">
      {data.findings.map((finding, i) => (
        <FindingView key={i} finding={finding} />
      ))}
      {!data.findings.length ? (
        <div className="empty">
          <p>
            <SeverityMark level="healthy" /> No rule that could be checked found anything.
          </p>
        </div>
      ) : null}
      {data.not_checked.length ? (
        <details className="not-checked">
          <summary>{data.not_checked.length} rules were not checked</summary>
          <ul>
            {data.not_checked.map(({ rule, reason }) => (
              <li key={rule}>
                <code>{rule}</code> {reason}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </div>
  );
}
