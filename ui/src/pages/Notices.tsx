// What must be said about a run before its charts: damage, rows a full disk refused, alerts of the training.
import { useState } from "react";
import type { RunDetail } from "../api/schema";
import { Icon, type IconName } from "../charts/Icon";
import { step } from "../charts/format";

const SHOWN = 3; // alerts
const LONG = 240; // characters, more than two lines of most windows

interface Notice {
  level: "critical" | "warning" | "info";
  text: string;
}

function levelOf(level: string): Notice["level"] {
  if (level === "critical" || level === "error") return "critical";
  return level === "warning" || level === "warn" ? "warning" : "info";
}

/** What is always shown, and alerts before the last ones. */
function notices(detail: RunDetail): { earlier: Notice[]; now: Notice[] } {
  const damage = detail.damage.map((text): Notice => ({ level: "warning", text: `Damaged log: ${text}` }));
  const dropped: Notice[] = detail.dropped_rows
    ? [{ level: "critical", text: `${step(detail.dropped_rows)} rows were refused by a full disk and are not here. Free some space.` }]
    : [];
  const alerts = detail.alerts
    .map((alert): Notice => ({ level: levelOf(alert.level), text: `Step ${step(alert.step)}: ${alert.title}${alert.text ? `. ${alert.text}` : ""}` }));
  return { earlier: alerts.slice(0, -SHOWN), now: [...damage, ...dropped, ...alerts.slice(-SHOWN)] };
}

export function SeverityMark({ level }: { level: IconName & ("critical" | "warning" | "info" | "healthy") }) {
  return (
    <span className="severity" data-level={level} role="img" aria-label={level}>
      <Icon name={level} />
    </span>
  );
}

export function Notices({ detail }: { detail: RunDetail }) {
  const [isOpen, open] = useState(false);
  const { earlier, now } = notices(detail);
  const shown = isOpen ? [...earlier, ...now] : now;
  if (!now.length) return null;
  return (
    <ul className="notices" data-open={isOpen}>
      {shown.map((notice, i) => (
        <li key={i}>
          <SeverityMark level={notice.level} /> <span>{notice.text}</span>
        </li>
      ))}
      {earlier.length || now.some(({ text }) => text.length > LONG) ? (
        <li>
          <button type="button" className="link" aria-expanded={isOpen} onClick={() => open(!isOpen)}>
            {isOpen ? "less" : earlier.length ? `${earlier.length} earlier` : "whole text"}
          </button>
        </li>
      ) : null}
    </ul>
  );
}
