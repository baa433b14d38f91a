// Figures in the order in which a run is usually looked at.
import type { FigureInfo } from "../api/schema";

const ORDER = ["loss", "gradients", "landscape", "rewards", "stages", "attention", "representation", "evaluation", "text", "efficiency", "runs"];

function rank(family: string): number {
  const place = ORDER.indexOf(family);
  return place < 0 ? ORDER.length : place;
}

/** Family -> its figures, in the order of the families; what has none comes under "other". */
export function byFamily<T extends Pick<FigureInfo, "family">>(figures: T[]): [string, T[]][] {
  const found = new Map<string, T[]>();
  for (const info of figures) {
    const name = info.family || "other";
    found.set(name, [...(found.get(name) ?? []), info]);
  }
  return [...found].sort(([a], [b]) => rank(a) - rank(b));
}
