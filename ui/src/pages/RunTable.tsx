// The run table: any number of runs, only the rows in sight are read and mounted.
import { VisuallyHidden } from "@mantine/core";
import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { useMemo, type RefObject } from "react";
import { Icon } from "../charts/Icon";
import type { Goals } from "./goal";
import { best, type ValueColumn } from "./runColumns";
import { runName } from "./runName";
import { RunTableRow } from "./RunTableRow";
import type { RunRows } from "./useRunRows";

export const ROW_PX = 32;
const ROWS_WITH_CHARTS = 14;
const ROWS_MAX = 200; // more than any screen shows; the style sheet cuts it to the window

export function useRowVirtualizer(count: number, box: RefObject<HTMLDivElement | null>) {
  return useVirtualizer({ count, getScrollElement: () => box.current, estimateSize: () => ROW_PX, overscan: 12 });
}

interface HeadCellProps {
  id: string;
  title: string;
  isNumber: boolean;
  sort: string;
  onSort: (sort: string) => void;
}

function HeadCell({ id, title, isNumber, sort, onSort }: HeadCellProps) {
  const direction = sort === id ? "ascending" : sort === `-${id}` ? "descending" : "none";
  return (
    <div role="columnheader" className="cell" aria-sort={direction} data-number={isNumber}>
      <button type="button" title={title} onClick={() => onSort(direction === "descending" ? id : `-${id}`)}>
        <span>{title}</span>
        {direction === "none" ? null : <Icon name={direction === "ascending" ? "up" : "down"} size={11} />}
      </button>
    </div>
  );
}

function template(columns: ValueColumn[], showsProject: boolean, hasCurve: boolean): string {
  const values = columns.map((column) => `${Math.min(180, Math.max(98, column.label.length * 7 + 28))}px`);
  return ["88px", "minmax(160px, 1fr)", ...(showsProject ? ["140px"] : []), "72px", "96px", ...(hasCurve ? ["120px"] : []), ...values].join(" ");
}

interface RunTableProps {
  box: RefObject<HTMLDivElement | null>;
  virtualizer: Virtualizer<HTMLDivElement, Element>;
  rows: RunRows;
  columns: ValueColumn[];
  goals: Goals;
  curve: string | null;
  colours: Map<string, string>;
  selected: string[];
  showsProject: boolean;
  hasCharts: boolean;
  sort: string;
  onSort: (sort: string) => void;
  onSelect: (name: string) => void;
  onShow: (name: string) => void;
}

export function RunTable({ box, virtualizer, rows, columns, goals, curve, colours, selected, showsProject, hasCharts, sort, onSort, onSelect, onShow }: RunTableProps) {
  const bests = useMemo(() => new Map(columns.map((column) => [column.id, best(rows.loaded, column, goals.get(column.title))])), [columns, rows.loaded, goals]);
  const fixed = [
    { id: "name", title: "name", isNumber: false },
    ...(showsProject ? [{ id: "project", title: "project", isNumber: false }] : []),
    { id: "steps", title: "steps", isNumber: true },
    { id: "updated", title: "updated", isNumber: false },
  ];
  const height = Math.min(rows.total, hasCharts ? ROWS_WITH_CHARTS : ROWS_MAX) * ROW_PX + ROW_PX + 2;
  return (
    <div ref={box} className="table-box" data-charts={hasCharts} style={{ height }} tabIndex={0} role="region" aria-label="Runs">
      <div role="table" aria-label="Runs" aria-rowcount={rows.total + 1} className="table" style={{ "--columns": template(columns, showsProject, curve !== null) }}>
        <div role="row" aria-rowindex={1} className="row row-head">
          <div role="columnheader" className="cell">
            <VisuallyHidden>marks</VisuallyHidden>
          </div>
          {fixed.map((column) => (
            <HeadCell key={column.id} {...column} sort={sort} onSort={onSort} />
          ))}
          {curve === null ? null : (
            <div role="columnheader" className="cell cell-curve" title={`The curve of ${curve}`}>
              curve
            </div>
          )}
          {columns.map(({ id, label, isNumber }) => (
            <HeadCell key={id} id={id} title={label} isNumber={isNumber} sort={sort} onSort={onSort} />
          ))}
        </div>
        <div role="rowgroup" style={{ height: virtualizer.getTotalSize() }} className="rows">
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const run = rows.at(index);
            const name = run ? runName(run) : "";
            return (
              <RunTableRow
                key={index}
                run={run}
                index={index}
                top={start}
                columns={columns}
                best={bests}
                curve={curve}
                colour={colours.get(name)}
                isSelected={selected.includes(name)}
                showsProject={showsProject}
                onSelect={onSelect}
                onShow={onShow}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}
