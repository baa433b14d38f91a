// Which columns the run table has: where runs belong and config that differs first, what is equal everywhere folds away, then the summary.
import type { RunRow } from "../api/schema";
import { number, value } from "../charts/format";
import type { Goal } from "./goal";

export interface ValueColumn {
  id: string; // what the server sorts by: "group", "config.lr", "summary.val/loss"
  title: string;
  label: string; // the title, or the id where config and summary share the title
  section: "run" | "config" | "summary";
  isNumber: boolean;
}

export interface RunColumns {
  differing: ValueColumn[];
  equal: ValueColumn[];
  summary: ValueColumn[];
  restOfSummary: ValueColumn[];
}

const SUMMARY_COLUMNS = 8;
const LOWER = /loss|err|bpb|perplexity|ppl|nll|mae|mse|seconds|_ms$/i;
const HIGHER = /acc|reward|score|f1|auc|mfu|tokens_per_sec|bleu/i;

const BELONGS = ["group", "job_type", "tags"];

/** What a run says of itself beside its numbers; undefined where it says nothing. */
function belonging(run: RunRow, title: string): string | undefined {
  const held = title === "group" ? run.group : title === "job_type" ? run.job_type : run.tags.join(", ");
  return held || undefined;
}

/** Groups, job types and tags, where runs differ in them. */
function belongings(runs: RunRow[]): ValueColumn[] {
  const differ = BELONGS.filter((title) => new Set(runs.map((run) => belonging(run, title))).size > 1);
  return differ.map((title) => ({ id: title, title, label: title.replace("_", " "), section: "run", isNumber: false }));
}

function names(runs: RunRow[], section: "config" | "summary"): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const run of runs) {
    for (const [name, held] of Object.entries(run[section])) {
      if (name.startsWith("_")) continue;
      const list = found.get(name);
      if (list) list.push(held);
      else found.set(name, [held]);
    }
  }
  return found;
}

function isPlain(held: unknown): boolean {
  return held === null || ["number", "string", "boolean"].includes(typeof held);
}

function column(section: "config" | "summary", title: string, held: unknown[], isShared: boolean): ValueColumn {
  const id = `${section}.${title}`;
  return { id, title, label: isShared ? id : title, section, isNumber: held.every((each) => typeof each === "number" || each === null || isOddNumber(each)) };
}

/** NaN and the infinities travel as text. */
function isOddNumber(held: unknown): boolean {
  return held === "NaN" || held === "Infinity" || held === "-Infinity";
}

function summaryWeight(name: string): number {
  if (/^(system|throughput)\//.test(name)) return 3;
  if (/^val|^eval/.test(name)) return 0;
  return /loss|bpb|acc/.test(name) ? 1 : 2;
}

export function runColumns(runs: RunRow[]): RunColumns {
  const summaryNames = names(runs, "summary");
  const configNames = names(runs, "config");
  const config = [...configNames];
  const isDiffering = (held: unknown[]) => held.length < runs.length || new Set(held.map((each) => JSON.stringify(each))).size > 1;
  const summary = [...summaryNames]
    .filter(([, held]) => held.every(isPlain))
    .sort(([a], [b]) => summaryWeight(a) - summaryWeight(b) || a.localeCompare(b))
    .map(([name, held]) => column("summary", name, held, configNames.has(name)));
  return {
    differing: runs.length > 1 ? [...belongings(runs), ...config.filter(([, held]) => isDiffering(held)).map(([name, held]) => column("config", name, held, summaryNames.has(name)))] : [],
    equal: config.filter(([, held]) => runs.length <= 1 || !isDiffering(held)).map(([name, held]) => column("config", name, held, summaryNames.has(name))),
    summary: summary.slice(0, SUMMARY_COLUMNS),
    restOfSummary: summary.slice(SUMMARY_COLUMNS),
  };
}

export function cell(run: RunRow, at: ValueColumn): unknown {
  return at.section === "run" ? belonging(run, at.title) : run[at.section][at.title];
}

export function cellText(held: unknown): string {
  if (held === "Infinity") return "+Inf";
  if (held === "-Infinity") return "−Inf";
  return typeof held === "number" ? number(held) : value(held);
}

/** The best value of a summary column among these runs: by its goal, or by what its name says. */
export function best(runs: RunRow[], at: ValueColumn, goal?: Goal): number | null {
  const values = runs.map((run) => cell(run, at)).filter((held): held is number => typeof held === "number" && Number.isFinite(held));
  if (values.length < 2 || at.section !== "summary") return null;
  const isLower = goal ? goal === "minimize" : LOWER.test(at.title);
  if (isLower) return values.reduce((a, b) => Math.min(a, b));
  return goal || HIGHER.test(at.title) ? values.reduce((a, b) => Math.max(a, b)) : null;
}
