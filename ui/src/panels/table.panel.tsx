// A logged table: the first rows here, all of them in full screen.
import { useMemo } from "react";
import { z } from "zod";
import { readFileJson } from "../api/client";
import { useFile } from "../api/queries";
import { Cell, oddNumber } from "./Cell";
import { Curve, isCurve } from "./Curve";
import { mayArrive } from "./kept";
import { mediaPanel, NoFile, type ItemProps } from "./MediaPanel";
import { Sentence, Trouble } from "./Sentence";

const Content = z.object({ columns: z.array(z.coerce.string()), data: z.array(z.array(z.unknown())) });
const Headed = z.object({ columns: z.array(z.string()).refine(isCurve) });
const ROWS_MAX = 1000;
const LOOKED_AT = 50; // rows that tell what a column holds

const isNumber = (cell: unknown): boolean => typeof cell === "number" || oddNumber(cell) !== null;

/** Whether the first cells of a column are numbers, gaps apart: its head stands where they stand. */
export function isOfNumbers(rows: unknown[][], column: number): boolean {
  const cells = rows.slice(0, LOOKED_AT).map((row) => row[column]).filter((cell) => cell !== null && cell !== undefined);
  return cells.length > 0 && cells.every(isNumber);
}

function useContent(url: string | null, record: Record<string, unknown>) {
  const { data, error, isPending } = useFile(url, readFileJson, true);
  const content = useMemo(() => Content.safeParse(url ? data : record), [url, data, record]);
  return { content, error, isPending };
}

/** Tables whose columns say what they are drawn as. */
function Drawn(props: ItemProps) {
  const { content } = useContent(props.url, props.record);
  if (!content.success || !isCurve(content.data.columns)) return <TableItem {...props} />;
  return <Curve columns={content.data.columns} rows={content.data.data} name={props.name} height={props.height} />;
}

export function TableItem({ run, url, record, name }: ItemProps) {
  const { content, error, isPending } = useContent(url, record);
  if (error) return <Trouble reason={error} />;
  if (url && isPending) return null;
  if (!url && mayArrive(record)) return <NoFile name={name} record={record} />;
  if (!content.success) return <Sentence>The table of {name} has no columns and rows. Log it as bv.Table(columns, data).</Sentence>;
  const { columns, data: rows } = content.data;
  return (
    <div className="media-table" tabIndex={0} role="region" aria-label={name}>
      <table>
        <thead>
          <tr>
            {columns.map((column, i) => (
              <th key={i} data-number={isOfNumbers(rows, i)}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS_MAX).map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j} data-number={isNumber(cell)}>
                  <Cell run={run} held={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROWS_MAX ? <Sentence>The first {ROWS_MAX} of {rows.length} rows.</Sentence> : null}
    </div>
  );
}

export const panel = mediaPanel(["table", "tables"], Drawn, undefined, { label: "Show the table", Item: TableItem, isFor: (record) => Headed.safeParse(record).success });
