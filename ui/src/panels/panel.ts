// What a panel is. One file `<name>.panel.tsx` that exports `panel` is one panel; nothing else needs an edit.
import type { ComponentType } from "react";
import type { KeyInfo } from "../api/schema";
import type { RunRef } from "../api/client";
import type { Hairline } from "../charts/overlay";

/** How all panels of a page are looked at; it lives in the page's address. */
export interface View {
  x: string; // "step", "relative", "time" or a series
  smoothing: number; // 0 to 0.99
  isLogX: boolean;
  isLogY: boolean;
  flipped: string[]; // series whose y scale is the other one
  range: [number, number] | null;
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
  onZoom: (range: [number, number] | null) => void;
  onFlip: (key: string) => void;
  onFull: (key: string | null) => void;
}

export interface PanelDefinition {
  kinds: string[]; // kinds of keys that it shows; "*" is what shows everything else
  height: number; // of the drawing in the grid
  Panel: ComponentType<PanelProps>;
}
