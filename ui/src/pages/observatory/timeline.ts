// Where things lie on the time line, as shares of its width.
import type { Finding, Stage } from "../../api/schema";

export interface Span {
  first: number;
  last: number;
}

export const shareOf = ({ first, last }: Span, step: number): number => (last > first ? Math.min(1, Math.max(0, (step - first) / (last - first))) : 0);

/** From the first step to the last of the run or of the scene's frames, whichever is later. */
export function spanOf(keys: { last_step: number | null }[], frames: number[]): Span {
  const last = keys.reduce((latest, { last_step }) => Math.max(latest, last_step ?? 0), frames.at(-1) ?? 0);
  return { first: Math.min(0, frames[0] ?? 0), last };
}

export interface Band {
  name: string;
  from: number; // shares of the width
  to: number;
}

/** Each stage from its step to that of the next. */
export function bands(stages: Stage[], span: Span): Band[] {
  return stages.map(({ name, step }, i) => ({ name, from: shareOf(span, step), to: shareOf(span, stages[i + 1]?.step ?? span.last) })).filter(({ from, to }) => to > from);
}

export interface Flag {
  step: number;
  level: Finding["severity"];
  titles: string[];
}

const RANK = ["critical", "warning", "info"];

/** One flag for each step at which findings begin; the worst of them gives its shape. */
export function flags(findings: Finding[]): Flag[] {
  const found = new Map<number, Flag>();
  for (const { first_step: step, severity, title } of findings) {
    if (step === null) continue;
    const held = found.get(step) ?? { step, level: severity, titles: [] };
    const level = RANK.indexOf(severity) < RANK.indexOf(held.level) ? severity : held.level;
    found.set(step, { step, level, titles: [...held.titles, title] });
  }
  return [...found.values()].sort((a, b) => a.step - b.step);
}

/** The step of the frame before or behind; without frames a hundredth of the way, at least one step. */
export function neighbour(step: number, frames: number[], span: Span, direction: 1 | -1): number {
  const on = direction > 0 ? frames.find((each) => each > step) : frames.findLast((each) => each < step);
  if (frames.length) return on ?? step;
  const far = Math.max(1, Math.round((span.last - span.first) / 100));
  return Math.min(span.last, Math.max(span.first, step + direction * far));
}

const EVALUATION = /(^|\/)(val|valid|validation|eval|evaluation|test)([/_]|$)/i;
export const isEvaluation = (key: string): boolean => EVALUATION.test(key);

/** At most so many of the given, evenly chosen, with both ends. */
export function thinned<T>(all: T[], most: number): T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, i) => all[Math.round((i * (all.length - 1)) / (most - 1))]).flatMap((one) => (one === undefined ? [] : [one]));
}
