// A logged table: the first rows here, all of them in full screen.
import { z } from "zod";
import { readFileJson } from "../api/client";
import { useFile } from "../api/queries";
import { value } from "../charts/format";
import { mediaPanel, type ItemProps } from "./MediaPanel";
import { Sentence, Trouble } from "./Sentence";

const Content = z.object({ columns: z.array(z.string()), data: z.array(z.array(z.unknown())) });
const Odd = z.object({ _type: z.literal("number"), value: z.string() });
const ROWS_MAX = 1000;

function cellText(cell: unknown): string {
  const odd = Odd.safeParse(cell);
  return odd.success ? odd.data.value : value(cell);
}

function TableItem({ url, record, name }: ItemProps) {
  const { data, error, isPending } = useFile(url, readFileJson);
  if (error) return <Trouble reason={error} />;
  if (url && isPending) return null;
  const content = Content.safeParse(url ? data : record);
  if (!content.success) return <Sentence>The table of {name} has no columns and rows. Log it as bv.Table(columns, data).</Sentence>;
  const { columns, data: rows } = content.data;
  return (
    <div className="media-table" tabIndex={0} role="region" aria-label={name}>
      <table>
        <thead>
          <tr>
            {columns.map((column, i) => (
              <th key={i}>{column}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS_MAX).map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j} data-number={typeof cell === "number"}>
                  {cellText(cell)}
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

export const panel = mediaPanel(["table", "tables"], TableItem);
