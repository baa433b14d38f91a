// One row of the run table.
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { RunRow } from "../api/schema";
import { IconButton } from "../charts/IconButton";
import { step } from "../charts/format";
import { Ago } from "./Ago";
import { ColourChip } from "./ColourChip";
import { Spark } from "./Spark";
import { runName } from "./runName";
import { StateDot } from "./StatePill";
import { cell, cellText, type ValueColumn } from "./runColumns";

export interface RowProps {
  run: RunRow | undefined;
  index: number;
  top: number;
  columns: ValueColumn[];
  best: Map<string, number | null>;
  curve: string | null; // the series whose curve is shown
  colour: string | undefined; // undefined: not in the charts
  isSelected: boolean;
  showsProject: boolean;
  onSelect: (name: string) => void;
  onShow: (name: string) => void;
}


function ValueCell({ run, column, best }: { run: RunRow; column: ValueColumn; best: number | null }) {
  const held = cell(run, column);
  const text = cellText(held);
  return (
    <div role="cell" className="cell" data-number={column.isNumber} data-best={best !== null && held === best} title={typeof held === "number" ? String(held) : text}>
      {text}
    </div>
  );
}

export const RunTableRow = memo(function RunTableRow({ run, index, top, columns, best, curve, colour, isSelected, showsProject, onSelect, onShow }: RowProps) {
  const style = { transform: `translateY(${top}px)` };
  if (!run) return <div role="row" aria-rowindex={index + 2} className="row" style={style} aria-busy />;
  const name = runName(run);
  const label = run.name || run.id;
  return (
    <div role="row" aria-rowindex={index + 2} className="row" style={style} data-selected={isSelected} data-run={name}>
      <div role="cell" className="cell cell-marks">
        <input type="checkbox" checked={isSelected} aria-label={`Select ${label}`} onChange={() => onSelect(name)} />
        <IconButton icon={colour ? "eye" : "hidden"} label={colour ? `Hide ${label} from the charts` : `Show ${label} in the charts`} isPressed={Boolean(colour)} onClick={() => onShow(name)} />
        {colour ? <ColourChip name={name} colour={colour} /> : <i className="colour-none" />}
      </div>
      <div role="cell" className="cell cell-name">
        <StateDot state={run.state} />
        <Link to="/$project/$run" params={{ project: run.project, run: run.id }} search={{}} title={label}>
          {label}
        </Link>
        {run.damage.length ? <span className="damage" title={run.damage.join("\n")}>damaged</span> : null}
      </div>
      {showsProject ? (
        <div role="cell" className="cell" title={run.project}>
          {run.project}
        </div>
      ) : null}
      <div role="cell" className="cell" data-number>
        {step(run.steps)}
      </div>
      <div role="cell" className="cell cell-ago">
        <Ago time={run.updated} />
      </div>
      {curve === null ? null : (
        <div role="cell" className="cell cell-spark">
          <Spark run={run} series={curve} colour={colour} />
        </div>
      )}
      {columns.map((column) => (
        <ValueCell key={column.id} run={run} column={column} best={best.get(column.id) ?? null} />
      ))}
    </div>
  );
});
