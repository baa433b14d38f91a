// How long a running run will still take, from what its config says of its end. Without such a word: nothing.
import type { RunDetail } from "../api/schema";
import { duration } from "../charts/format";
import { flat } from "./values";

const TOTAL_STEPS = ["max_steps", "total_steps", "num_training_steps", "train_steps", "num_steps", "max_iters", "iterations", "steps"];
const TOTAL_SECONDS = ["max_seconds", "seconds", "time_limit_seconds"];

/** The first of the names, whatever stands before it ("trainer.max_steps"), that holds a number above zero. */
function setting(config: Record<string, unknown>, names: string[]): number | null {
  const all = flat(config);
  for (const name of names) {
    for (const [path, held] of all) {
      if (path.split(".").at(-1) === name && typeof held === "number" && held > 0) return held;
    }
  }
  return null;
}

export interface End {
  steps: number | null; // the planned ones
  left: number | null; // seconds, by the mean speed of the present attempt
}

export function endOf(detail: RunDetail, now: number): End {
  const steps = setting(detail.config, TOTAL_STEPS);
  const [attempt] = detail.attempts.filter(({ rank }) => rank === 0).sort((a, b) => b.started - a.started);
  const started = attempt?.started ?? detail.created;
  const done = detail.steps - (attempt?.resume_from ?? 0);
  const ran = detail.updated - started;
  const bySteps = steps !== null && steps > detail.steps && done > 0 && ran > 0 ? ((steps - detail.steps) * ran) / done : null;
  const seconds = setting(detail.config, TOTAL_SECONDS);
  const byTime = seconds === null ? null : seconds - (now - started);
  const ends = [bySteps, byTime].filter((left): left is number => left !== null && left > 0);
  return { steps: steps !== null && steps >= detail.steps ? steps : null, left: ends.length ? Math.min(...ends) : null };
}

/** Two parts are exact enough for a guess: "about 3 min", "about 2 h 05 min". */
export function leftText(seconds: number): string {
  const unit = seconds < 90 ? 5 : seconds < 5400 ? 60 : 300;
  return `about ${duration(Math.max(unit, Math.round(seconds / unit) * unit))} left`;
}
