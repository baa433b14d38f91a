// Charts of tables: a table that a chart is drawn from is shown as that chart, under the chart's own name.
import type { KeyInfo } from "../api/schema";

export const CHART = "chart";

/** charts: key of the chart -> key of its table. A table without a chart, or whose chart has the name of something else, stays. */
export function charted(keys: KeyInfo[], charts: Record<string, string>): KeyInfo[] {
  if (!Object.keys(charts).length) return keys;
  const names = new Set(keys.map((info) => info.key));
  const shown = new Map<string, string[]>();
  for (const [key, table] of Object.entries(charts)) {
    if (!names.has(key)) shown.set(table, [...(shown.get(table) ?? []), key]);
  }
  return keys.flatMap((info) => shown.get(info.key)?.map((key): KeyInfo => ({ ...info, key, kind: CHART })) ?? [info]);
}
