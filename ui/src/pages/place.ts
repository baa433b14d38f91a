// What the page's address holds beside the path: the view, the tab, the selection. One shape for all pages.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { z } from "zod";
import { AS_DEFINED, type View } from "../panels/panel";

export const Tab = z.enum(["charts", "figures", "findings", "console", "files", "config", "environment"]);
export type Tab = z.infer<typeof Tab>;
export const SMOOTHING_MAX = 0.99;

const text = z.coerce.string().min(1).optional().catch(undefined);
const amount = z.coerce.number().optional().catch(undefined);
const flag = z.literal(1).optional().catch(undefined);
const names = z.array(z.coerce.string()).optional().catch(undefined);

export const Place = z.object({
  tab: Tab.optional().catch(undefined),
  x: text,
  smooth: z.coerce.number().min(0).max(SMOOTHING_MAX).optional().catch(undefined),
  logx: flag,
  logy: flag,
  flip: names, // panels whose y scale is the other one
  lo: amount,
  hi: amount,
  of: text, // the axis of lo and hi, where each panel has its own and it is not the step
  q: text, // panel search
  closed: names, // folded sections
  open: names, // unfolded ones of those that are folded at first
  panel: text, // the panel in full screen
  figure: text,
  scene: text, // of the observatory
  step: amount, // where its slider stands; without it, at the end
  camera: text, // eye and centre
  ortho: flag,
  twin: flag, // the flat form of the scene
  cap: amount, // points drawn at most
  options: z.record(z.string(), z.string()).optional().catch(undefined),
  filter: text,
  sort: text,
  runs: names, // "project/id" of the runs in the charts
});
export type Place = z.infer<typeof Place>;

const ZEROS = new Set(["lo", "hi", "step"]); // for which 0 is a choice

/** Only what differs from the defaults belongs in the address. */
export function tidy(place: Place): Place {
  const entries = Object.entries(place).filter(([name, held]) => {
    if (held === undefined || held === 0 || held === "") return ZEROS.has(name) ? held === 0 : false;
    if (name === "runs") return true; // an empty selection is a choice too
    return !(Array.isArray(held) && held.length === 0);
  });
  return Place.parse(Object.fromEntries(entries));
}

export function viewOf(place: Place): View {
  const { lo, hi } = place;
  return {
    x: place.x ?? AS_DEFINED,
    smoothing: place.smooth ?? 0,
    isLogX: place.logx === 1,
    isLogY: place.logy === 1,
    flipped: place.flip ?? [],
    range: lo !== undefined && hi !== undefined && lo < hi ? [lo, hi] : null,
    rangeX: place.of ?? place.x ?? "step",
  };
}

/** A name in the list, or out of it. */
export function toggled(list: string[] | undefined, name: string): string[] {
  const held = list ?? [];
  return held.includes(name) ? held.filter((each) => each !== name) : [...held, name];
}

export function usePlace() {
  const raw = useSearch({ strict: false });
  const place = useMemo(() => Place.parse(raw), [raw]);
  const navigate = useNavigate();
  /** Changes part of the address. A step that one would go back from (tab, zoom, panel) makes a history entry. */
  const change = useCallback(
    (part: Partial<Place>, history: "replace" | "push" = "replace") =>
      void navigate({ to: ".", search: (held: object) => tidy({ ...Place.parse(held), ...part }), replace: history === "replace", resetScroll: false }),
    [navigate],
  );
  return { place, change };
}
