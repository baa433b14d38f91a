// The runs of a project (or of all projects), and the charts of those that are shown.
import { useCallback, useMemo, useRef, useState } from "react";
import { useDefinitions, useWatch } from "../api/queries";
import { Trouble } from "../panels/Sentence";
import { EmptyRuns } from "./EmptyRuns";
import { FilterLine } from "./FilterLine";
import { goalSeries, goalsOf } from "./goal";
import { toggled, usePlace } from "./place";
import { runColumns } from "./runColumns";
import { refOf, runName } from "./runName";
import { RunTable, useRowVirtualizer } from "./RunTable";
import { SelectionBar } from "./SelectionBar";
import { SweepLinks } from "./SweepLinks";
import { ShownCharts } from "./ShownCharts";
import { useColours } from "./useColours";
import { useRunRows } from "./useRunRows";

const SHOWN_AT_FIRST = 6;
const SHOWN_MAX = 40;

export function ProjectPage({ project }: { project: string | undefined }) {
  const { place, change } = usePlace();
  const box = useRef<HTMLDivElement>(null);
  const [count, setCount] = useState(0);
  const [selected, setSelected] = useState<string[]>([]);
  const [isWide, setWide] = useState(false); // with the columns that are folded at first
  const virtualizer = useRowVirtualizer(count, box);
  const inView = virtualizer.getVirtualItems();
  const sort = place.sort ?? "-updated";
  const rows = useRunRows(project, place.filter, sort, inView[0]?.index ?? 0, inView.at(-1)?.index ?? 0);
  if (rows.total !== count) setCount(rows.total);
  const { differing, equal, summary, restOfSummary } = useMemo(() => runColumns(rows.loaded), [rows.loaded]);
  const columns = useMemo(
    () => (isWide ? [...differing, ...summary, ...restOfSummary, ...equal] : [...differing, ...summary]),
    [isWide, differing, summary, restOfSummary, equal],
  );
  const definitions = useDefinitions(project === undefined ? undefined : rows.loaded[0]);
  const goals = useMemo(() => goalsOf(definitions), [definitions]);
  const curve = useMemo(() => goalSeries(rows.loaded, goals), [rows.loaded, goals]);
  const [atFirst] = useState<{ names: string[] | null }>({ names: null });
  // the newest runs of the first look stay the shown ones, however the table is sorted or grows afterwards
  if (!atFirst.names && rows.loaded.length) atFirst.names = rows.loaded.slice(0, SHOWN_AT_FIRST).map(runName);
  const shown = useMemo(() => (place.runs ?? (project ? (atFirst.names ?? []) : [])).slice(0, SHOWN_MAX), [place.runs, project, atFirst.names]);
  const colours = useColours(shown);
  useWatch(useMemo(() => shown.map(refOf), [shown]));
  const onFilter = useCallback((filter: string) => change({ filter: filter || undefined }), [change]);
  const onShow = useCallback((name: string) => change({ runs: toggled(shown, name) }), [change, shown]);
  const onSelect = useCallback((name: string) => setSelected((held) => toggled(held, name)), []);
  const folded = equal.length + restOfSummary.length;
  if (!rows.total && !place.filter && !rows.isLoading && !rows.reason) return <EmptyRuns project={project} />;
  return (
    <div className="page project-page">
      <header className="run-head">
        <h1>{project ?? "All runs"}</h1>
        {project === undefined ? null : <SweepLinks project={project} />}
      </header>
      <div className="table-bar">
        <FilterLine filter={place.filter ?? ""} total={rows.total} reason={rows.reason} onChange={onFilter} />
        {folded ? (
          <button type="button" className="toggle" aria-pressed={isWide} onClick={() => setWide(!isWide)}>
            {isWide ? "fewer columns" : `${folded} more ${folded === 1 ? "column" : "columns"}`}
          </button>
        ) : null}
      </div>
      {rows.reason && !rows.total ? <Trouble reason={rows.reason} /> : null}
      {rows.total ? (
        <RunTable
          box={box}
          virtualizer={virtualizer}
          rows={rows}
          columns={columns}
          goals={goals}
          curve={curve}
          colours={new Map(shown.map((name) => [name, colours.get(name) ?? "var(--run-0)"]))}
          selected={selected}
          showsProject={project === undefined}
          hasCharts={shown.length > 0}
          sort={sort}
          onSort={(next) => change({ sort: next === "-updated" ? undefined : next })}
          onSelect={onSelect}
          onShow={onShow}
        />
      ) : null}
      {shown.length ? <ShownCharts names={shown} rows={rows.loaded} /> : null}
      <SelectionBar selected={selected} shown={shown} onShown={(runs) => change({ runs })} onClear={() => setSelected([])} />
    </div>
  );
}
