// Where a sweep searches, how to join it, and the configuration it was made from.
import type { SweepDetail } from "../../api/sweeps.schema";
import { IconButton } from "../../charts/IconButton";

export function SweepSearch({ detail }: { detail: SweepDetail }) {
  const { parameters, command, config, state } = detail;
  return (
    <section>
      <h2>Search space</h2>
      <div className="media-table" tabIndex={0} role="region" aria-label="Parameters">
        <table className="sweep-space">
          <tbody>
            {parameters.map(({ name, where }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td title={where}>{where}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {state === "running" || state === "paused" ? (
        <p className="sweep-command">
          One more agent: <code className="command">{command}</code>
          <IconButton icon="copy" label="Copy the command" onClick={() => void navigator.clipboard?.writeText(command)} />
        </p>
      ) : null}
      <details className="artifact">
        <summary>Configuration</summary>
        <pre tabIndex={0}>{config}</pre>
      </details>
    </section>
  );
}
