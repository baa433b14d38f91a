// Panels by the part of their name before the first "/".
import type { KeyInfo } from "../api/schema";
import { panelFor } from "../panels/registry";
import { matchesSearch } from "./search";

export interface Section {
  name: string; // "" for bare names
  lines: KeyInfo[]; // panels of one height each, so that rows can be mounted as they come into view
  media: KeyInfo[];
}

const FIRST = ["train", "val", "eval", "test"];
const LAST = ["", "throughput", "system"]; // bare names behind what has a name of its own
const MAIN = /loss|bpb|perplexity/i; // what one looks at first
const COLLATOR = new Intl.Collator("en", { numeric: true }); // h.2 before h.10
export const LINE_KINDS = ["scalar", "vector"];

function weight(name: string): number {
  const first = FIRST.indexOf(name);
  if (first >= 0) return first;
  const last = LAST.indexOf(name);
  return last >= 0 ? 200 + last : 100;
}

export function sectionName(key: string): string {
  const at = key.indexOf("/");
  return at < 0 ? "" : key.slice(0, at);
}

/** Sections in reading order, their keys in the order they came. Names that begin with "_" are of a program, such as
 *  W&B's _runtime: only a search that names them shows them. What was defined as hidden is shown by any search that finds it. */
export function sections(keys: KeyInfo[], search: string): Section[] {
  const found = new Map<string, Section>();
  for (const info of keys) {
    if (!matchesSearch(info.key, search) || (info.key.startsWith("_") && !search.includes("_")) || (info.hidden && !search)) continue;
    const name = sectionName(info.key);
    const section = found.get(name) ?? { name, lines: [], media: [] };
    (LINE_KINDS.includes(info.kind) ? section.lines : section.media).push(info);
    found.set(name, section);
  }
  return [...found.values()].sort((a, b) => weight(a.name) - weight(b.name) || COLLATOR.compare(a.name, b.name));
}

/** Losses first, then by name with numbers as numbers; done for a section only when it is near, as a run may have 10⁴ keys. */
export function ordered(keys: KeyInfo[]): KeyInfo[] {
  return [...keys].sort((a, b) => Number(MAIN.test(b.key)) - Number(MAIN.test(a.key)) || COLLATOR.compare(a.key, b.key));
}

export const panelHeight = (info: KeyInfo): number => panelFor(info.kind).height;
