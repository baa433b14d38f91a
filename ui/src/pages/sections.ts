// Panels by the part of their name before the first "/".
import type { KeyInfo } from "../api/schema";
import { panelFor } from "../panels/registry";
import { matchesSearch } from "./search";

export interface Section {
  name: string; // "" for bare names
  lines: KeyInfo[]; // panels of one height each, so that rows can be mounted as they come into view
  media: KeyInfo[];
}

const FIRST = ["train", "val", "eval", "test", ""];
const LAST = ["throughput", "system"];
const MAIN = /loss|bpb|perplexity/i; // what one looks at first
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

/** Sections in reading order; losses first, then keys in the order they came. */
export function sections(keys: KeyInfo[], search: string): Section[] {
  const found = new Map<string, Section>();
  for (const info of keys) {
    if (!matchesSearch(info.key, search)) continue;
    const name = sectionName(info.key);
    const section = found.get(name) ?? { name, lines: [], media: [] };
    (LINE_KINDS.includes(info.kind) ? section.lines : section.media).push(info);
    found.set(name, section);
  }
  for (const { lines } of found.values()) lines.sort((a, b) => Number(MAIN.test(b.key)) - Number(MAIN.test(a.key)));
  return [...found.values()].sort((a, b) => weight(a.name) - weight(b.name) || a.name.localeCompare(b.name));
}

export const panelHeight = (info: KeyInfo): number => panelFor(info.kind).height;
