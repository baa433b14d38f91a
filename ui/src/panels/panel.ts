// What a panel is. One file `<name>.panel.tsx` that exports `panel` is one panel; nothing else needs an edit.
import type { ComponentType } from "react";
import type { KeyInfo } from "../api/schema";
import type { RunRef } from "../api/client";
import type { Hairline } from "../charts/overlay";

/** How all panels of a page are looked at; it lives in the page's address. */
export interface View {
  x: string; // "step", "relative", "time", a series, or AS_DEFINED
  smoothing: number; // 0 to 0.99
  isLogX: boolean;
  isLogY: boolean;
  flipped: string[]; // series whose y scale is the other one
  range: [number, number] | null;
  rangeX: string; // the axis that the range is of
}

/** Each series over the axis that it was defined with, else over steps. */
export const AS_DEFINED = "as defined";

/** The axis of one panel. */
export function axisOf(view: View, info: Pick<KeyInfo, "x">): string {
  return view.x === AS_DEFINED ? (info.x ?? "step") : view.x;
}

/** The view as one panel has it: a range of another axis says nothing about it. */
export function viewFor(view: View, info: Pick<KeyInfo, "x">): View {
  const x = axisOf(view, info);
  return { ...view, x, range: view.rangeX === x ? view.range : null };
}

/** Whose data: a run, or one rank of it. */
export interface Source {
  run: RunRef;
  label: string;
  colour: string;
  hairlines: Hairline[];
}

export interface PanelProps {
  info: KeyInfo;
  sources: Source[];
  view: View;
  height: number; // of the drawing, without head and foot
  isFull: boolean;
  onZoom: (range: [number, number] | null, x: string) => void;
  onFlip: (key: string) => void;
  onFull: (key: string | null) => void;
}

export interface PanelDefinition {
  kinds: string[]; // kinds of keys that it shows; "*" is what shows everything else
  height: number; // of the drawing in the grid
  Panel: ComponentType<PanelProps>;
}
