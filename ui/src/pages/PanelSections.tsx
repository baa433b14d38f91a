// All panels of a page, in sections that fold.
import { useEffect, useMemo, useState } from "react";
import type { KeyInfo } from "../api/schema";
import { Icon } from "../charts/Icon";
import { useNear, useWidth } from "../charts/size";
import { FullPanel } from "./FullPanel";
import { columnsFor, gridHeight, PanelGrid, type Shared } from "./PanelGrid";
import { usePanelKeys } from "./usePanelKeys";
import { toggled, usePlace } from "./place";
import { ordered, sections, type Section } from "./sections";

const SECTION_MARGIN_PX = 1200;
const SECTIONS_AT_ONCE = 8; // more than a screen holds; a run may have hundreds
const FIRST_DRAWN_MS = 400;

interface SectionViewProps {
  section: Section;
  columns: number;
  title: string;
  isOpen: boolean;
  onToggle: () => void;
  shared: Shared;
}

/** The panels of a section when it is near; before that only the place they will take. */
function SectionBody({ section, columns, shared }: Omit<SectionViewProps, "title" | "isOpen" | "onToggle">) {
  const { ref, isNear } = useNear<HTMLDivElement>(SECTION_MARGIN_PX);
  const lines = useMemo(() => (isNear ? ordered(section.lines) : section.lines), [isNear, section.lines]);
  const kinds = [lines, section.media].filter((keys) => keys.length);
  const minHeight = kinds.reduce((height, keys) => height + gridHeight(keys, columns), 0);
  return (
    <div ref={ref} style={{ minHeight }}>
      {isNear ? kinds.map((keys, i) => <PanelGrid key={i} keys={keys} columns={columns} shared={shared} />) : null}
    </div>
  );
}

function SectionView({ section, title, columns, isOpen, onToggle, shared }: SectionViewProps) {
  return (
    <section className="section" aria-label={title}>
      <h2 className="section-head">
        <button type="button" aria-expanded={isOpen} onClick={onToggle}>
          <Icon name={isOpen ? "unfold" : "fold"} size={12} />
          <span className="section-name">{title}</span>
          <span className="section-count">{section.lines.length + section.media.length}</span>
        </button>
      </h2>
      {isOpen ? <SectionBody section={section} columns={columns} shared={shared} /> : null}
    </section>
  );
}

/** The first sections at once, all of them when those have had time to be drawn: nobody waits for headings out of sight. */
function useFirst(found: Section[]): Section[] {
  const [isAll, setAll] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setAll(true), FIRST_DRAWN_MS);
    return () => clearTimeout(timer);
  }, []);
  return isAll ? found : found.slice(0, SECTIONS_AT_ONCE);
}

interface PanelSectionsProps {
  keys: KeyInfo[];
  shared: Omit<Shared, "onZoom" | "onFlip" | "onFull">;
  foldedAtFirst: string[];
  empty: React.ReactNode;
}

export function PanelSections({ keys, shared, foldedAtFirst, empty }: PanelSectionsProps) {
  const { place, change } = usePlace();
  const { ref, width } = useWidth<HTMLDivElement>();
  const all: Shared = {
    ...shared,
    onZoom: (range, x) => change({ lo: range?.[0], hi: range?.[1], of: range && !place.x && x !== "step" ? x : undefined }, "push"),
    onFlip: (key) => change({ flip: toggled(place.flip, key) }),
    onFull: (key) => change({ panel: key ?? undefined }, "push"),
  };
  const found = useMemo(() => sections(keys, place.q ?? ""), [keys, place.q]);
  const shown = useFirst(found);
  const onKeyDown = usePanelKeys();
  const isOpen = (name: string) => Boolean(place.q) || (foldedAtFirst.includes(name) ? (place.open ?? []).includes(name) : !(place.closed ?? []).includes(name));
  const toggle = (name: string) => change(foldedAtFirst.includes(name) ? { open: toggled(place.open, name) } : { closed: toggled(place.closed, name) });
  const full = keys.find((info) => info.key === place.panel);
  return (
    <div ref={ref} onKeyDown={onKeyDown}>
      {(width ? shown : []).map((section) => (
        <SectionView key={section.name} section={section} title={section.name || (found.length > 1 ? "other" : "charts")} columns={columnsFor(width)} isOpen={isOpen(section.name)} onToggle={() => toggle(section.name)} shared={all} />
      ))}
      {!found.length ? <div className="empty">{place.q && keys.length ? <p>No panel has “{place.q}” in its name. Clear the search to see all {keys.length}.</p> : empty}</div> : null}
      {full ? <FullPanel info={full} shared={all} /> : null}
    </div>
  );
}
