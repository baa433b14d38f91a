// What must be said about a run before its charts: damage, rows a full disk refused, alerts of the training.
import type { RunDetail } from "../api/schema";
import { Icon, type IconName } from "../charts/Icon";
import { step } from "../charts/format";

interface Notice {
  level: "critical" | "warning" | "info";
  text: string;
}

function levelOf(level: string): Notice["level"] {
  if (level === "critical" || level === "error") return "critical";
  return level === "warning" || level === "warn" ? "warning" : "info";
}

function notices(detail: RunDetail): Notice[] {
  const damage = detail.damage.map((text): Notice => ({ level: "warning", text: `Damaged log: ${text}` }));
  const dropped: Notice[] = detail.dropped_rows
    ? [{ level: "critical", text: `${step(detail.dropped_rows)} rows were refused by a full disk and are not here. Free some space.` }]
    : [];
  const alerts = detail.alerts
    .slice(-3)
    .map((alert): Notice => ({ level: levelOf(alert.level), text: `Step ${step(alert.step)}: ${alert.title}${alert.text ? `. ${alert.text}` : ""}` }));
  return [...damage, ...dropped, ...alerts];
}

export function SeverityMark({ level }: { level: IconName & ("critical" | "warning" | "info" | "healthy") }) {
  return (
    <span className="severity" data-level={level} role="img" aria-label={level}>
      <Icon name={level} />
    </span>
  );
}

export function Notices({ detail }: { detail: RunDetail }) {
  const all = notices(detail);
  if (!all.length) return null;
  return (
    <ul className="notices">
      {all.map((notice, i) => (
        <li key={i}>
          <SeverityMark level={notice.level} /> {notice.text}
        </li>
      ))}
    </ul>
  );
}
