// Where and how a run ran: its environment, and every start of it.
import type { Attempt, RunDetail } from "../api/schema";
import { step } from "../charts/format";
import { Ago } from "./Ago";
import { ValueList } from "./ValueList";

function AttemptRow({ attempt }: { attempt: Attempt }) {
  return (
    <tr>
      <td>{attempt.rank}</td>
      <td>
        <Ago time={attempt.started} />
      </td>
      <td>{attempt.state}</td>
      <td>{attempt.host}</td>
      <td data-number>{attempt.pid}</td>
      <td data-number>{attempt.resume_from === null ? "" : step(attempt.resume_from)}</td>
      <td>
        <code className="writer">{attempt.writer}</code>
      </td>
    </tr>
  );
}

export function EnvironmentTab({ detail }: { detail: RunDetail }) {
  return (
    <div className="two-lists">
      <ValueList title="Environment" values={detail.environment} empty={<p>No environment was recorded.</p>} />
      <section className="values" aria-label="Processes">
        <header className="values-head">
          <h2>Processes</h2>
        </header>
        <div className="media-table" tabIndex={0} role="region" aria-label="Processes of the run">
          <table>
            <thead>
              <tr>
                {["rank", "started", "state", "host", "process", "resumed from", "writer"].map((head) => (
                  <th key={head}>{head}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {detail.attempts.map((attempt) => (
                <AttemptRow key={attempt.writer} attempt={attempt} />
              ))}
            </tbody>
          </table>
        </div>
      </section>
    </div>
  );
}
