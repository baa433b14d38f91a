// What the run printed: only the lines in sight are read and mounted; at the end it follows what comes.
import { keepPreviousData, useQueries } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { readConsole, type RunRef } from "../api/client";
import type { ConsoleLine } from "../api/schema";
import { clock } from "../charts/format";
import { plainLine } from "./console";

const PAGE_LINES = 500;
const LINE_PX = 18;

function Line({ line, top, ranks }: { line: ConsoleLine | undefined; top: number; ranks: boolean }) {
  return (
    <div className="console-line" data-stream={line?.stream} style={{ transform: `translateY(${top}px)` }} title={line ? clock(line.time) : ""}>
      <span className="console-stream">{line?.stream === "stderr" ? "err" : ""}</span>
      {ranks ? <span className="console-stream">{line?.rank}</span> : null}
      {line ? plainLine(line.text) : ""}
    </div>
  );
}

export function ConsoleTab({ run }: { run: RunRef }) {
  const box = useRef<HTMLDivElement>(null);
  const [total, setTotal] = useState(0);
  const [follows, setFollows] = useState(true);
  const rows = useVirtualizer({ count: total, getScrollElement: () => box.current, estimateSize: () => LINE_PX, overscan: 20 });
  const shown = rows.getVirtualItems();
  const [first, last] = [shown[0]?.index ?? 0, shown.at(-1)?.index ?? 0];
  const pages = [...new Set([Math.floor(first / PAGE_LINES), Math.floor(last / PAGE_LINES), Math.floor(Math.max(0, total - 1) / PAGE_LINES)])];
  const results = useQueries({
    queries: pages.map((page) => ({
      queryKey: ["console", run.project, run.id, page],
      queryFn: () => readConsole(run, page * PAGE_LINES, PAGE_LINES),
      placeholderData: keepPreviousData,
    })),
  });
  const read = results.flatMap((result) => (result.data ? [result.data] : []));
  const newest = Math.max(0, ...read.map((page) => page.total));
  useEffect(() => setTotal(newest), [newest]);
  useEffect(() => {
    if (follows && total) rows.scrollToIndex(total - 1, { align: "end" });
  }, [follows, total, rows]);
  const lineAt = (index: number) => read.map((page) => page.lines[index - page.offset]).find((line) => line !== undefined);
  const hasRanks = read.some((page) => page.lines.some((line) => line.rank > 0));
  const onScroll = () => {
    const { current: element } = box;
    if (element) setFollows(element.scrollHeight - element.scrollTop - element.clientHeight < 2 * LINE_PX);
  };
  if (!total) return <div className="empty">{results.every((result) => result.isPending) ? "" : <p>The run printed nothing yet.</p>}</div>;
  return (
    <div className="console">
      <div ref={box} className="console-box" onScroll={onScroll} tabIndex={0} role="log" aria-label="Console">
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {shown.map((row) => (
            <Line key={row.index} line={lineAt(row.index)} top={row.start} ranks={hasRanks} />
          ))}
        </div>
      </div>
      <footer className="console-foot">
        {total.toLocaleString("en-GB")} lines
        {follows ? null : (
          <button type="button" className="link" onClick={() => setFollows(true)}>
            Follow the end
          </button>
        )}
      </footer>
    </div>
  );
}
