// A grid of panels of which only rows near the visible part of the page are mounted.
import { useMemo } from "react";
import type { KeyInfo } from "../api/schema";
import { useNear } from "../charts/size";
import type { PanelProps } from "../panels/panel";
import { panelFor } from "../panels/registry";
import { panelHeight } from "./sections";

export type Shared = Omit<PanelProps, "info" | "height" | "isFull">;

const COLUMN_MIN_PX = 340;
const GAP_PX = 12;
const FRAME_PX = 60; // head, foot and padding of a panel
const CHUNK_ROWS = 2;
const MARGIN_PX = 300;

interface ChunkProps {
  keys: KeyInfo[];
  columns: number;
  rows: number;
  rowHeight: number;
  shared: Shared;
}

function Chunk({ keys, columns, rows, rowHeight, shared }: ChunkProps) {
  const { ref, isNear } = useNear<HTMLDivElement>(MARGIN_PX);
  const height = rows * (rowHeight + GAP_PX) - GAP_PX;
  return (
    <div ref={ref} className="grid-chunk" style={{ height, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, gridAutoRows: rowHeight }}>
      {isNear
        ? keys.map((info) => {
            const { Panel } = panelFor(info.kind);
            return <Panel key={info.key} {...shared} info={info} height={rowHeight - FRAME_PX} isFull={false} />;
          })
        : null}
    </div>
  );
}

function chunked(keys: KeyInfo[], size: number): KeyInfo[][] {
  return Array.from({ length: Math.ceil(keys.length / size) }, (_, i) => keys.slice(i * size, (i + 1) * size));
}

/** As many columns as fit, each of at least 340 px. */
export function columnsFor(width: number): number {
  return Math.max(1, Math.floor((width + GAP_PX) / (COLUMN_MIN_PX + GAP_PX)));
}

function rowHeightOf(keys: KeyInfo[]): number {
  return keys.reduce((height, info) => Math.max(height, panelHeight(info)), 0) + FRAME_PX;
}

/** What a grid takes, so that its place can be kept before it is mounted. */
export function gridHeight(keys: KeyInfo[], columns: number): number {
  return Math.ceil(keys.length / columns) * (rowHeightOf(keys) + GAP_PX);
}

export function PanelGrid({ keys, columns, shared }: { keys: KeyInfo[]; columns: number; shared: Shared }) {
  const chunks = useMemo(() => chunked(keys, columns * CHUNK_ROWS), [keys, columns]);
  const rowHeight = rowHeightOf(keys);
  return (
    <div className="grid">
      {chunks.map((chunk, i) => (
        <Chunk key={i} keys={chunk} columns={columns} rows={Math.ceil(chunk.length / columns)} rowHeight={rowHeight} shared={shared} />
      ))}
    </div>
  );
}
