// The runs of a sweep in an order that somebody asks for.
import type { SweepTrial } from "../../api/sweeps.schema";

/** What stands in a column: a field of the trial, or under "args." a parameter. */
export function held(trial: SweepTrial, column: string): unknown {
  if (column.startsWith("args.")) return trial.args[column.slice("args.".length)];
  if (column === "result") return trial.result;
  if (column === "steps") return trial.steps;
  if (column === "created") return trial.created;
  return trial.name || trial.run;
}

/** Sorted by a column, "-" in front turns the order; numbers before texts, and what is absent last in both orders. */
export function sorted(trials: SweepTrial[], order: string): SweepTrial[] {
  const turn = order.startsWith("-") ? -1 : 1;
  const column = order.replace(/^-/, "");
  const rank = (value: unknown) => (typeof value === "number" ? 0 : value === undefined || value === null ? 2 : 1);
  return [...trials].sort((a, b) => {
    const [left, right] = [held(a, column), held(b, column)];
    if (rank(left) !== rank(right)) return rank(left) - rank(right);
    if (typeof left === "number" && typeof right === "number") return turn * (left - right);
    return turn * String(left ?? "").localeCompare(String(right ?? ""));
  });
}

/** Best first by the goal; the newest first where there is none. */
export function usualOrder(goal: string | null): string {
  return goal === null ? "-created" : goal === "maximize" ? "-result" : "result";
}
