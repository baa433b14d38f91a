// What the model wrote at the step of the slider: the newest table of samples that is not after it.
import { useMemo } from "react";
import { z } from "zod";
import { readFileJson, type RunRef } from "../../api/client";
import { useFile, useKeys, useMedia } from "../../api/queries";
import { placeAt, type Clock } from "../../charts/clock";
import * as format from "../../charts/format";
import { Sentence, Trouble } from "../../panels/Sentence";
import { useStep } from "./useClock";

const SAMPLES = /sample|completion|generation/i;
const ROWS_MAX = 12;
const Content = z.object({ columns: z.array(z.coerce.string()), data: z.array(z.array(z.unknown())) });

/** The table that holds what the model wrote, if the run has one. */
export function useSampleKey(run: RunRef): string | undefined {
  const { data } = useKeys(run);
  return data?.keys.find(({ kind, key }) => kind === "table" && SAMPLES.test(key))?.key;
}

function Row({ columns, row }: { columns: string[]; row: unknown[] }) {
  return (
    <dl className="sample">
      {columns.map((column, i) => (
        <div key={column}>
          <dt>{column}</dt>
          <dd>{format.value(row[i])}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Samples({ run, name, clock }: { run: RunRef; name: string; clock: Clock }) {
  const { data, error } = useMedia(run, name);
  const step = useStep(clock);
  const items = data?.items ?? [];
  const steps = useMemo(() => items.map((item) => item.step), [data]);
  const item = items[placeAt(steps, step)];
  const { data: file, error: unread } = useFile(item?.url ?? null, readFileJson);
  const content = Content.safeParse(item?.url ? file : item?.record);
  return (
    <section className="samples" aria-label={`Text at the step: ${name}`} tabIndex={0}>
      <h2>
        <code>{name}</code> <span>{item ? `logged at step ${format.step(item.step)}` : ""}</span>
      </h2>
      {error || unread ? <Trouble reason={error ?? unread} /> : null}
      {data && !item ? <Sentence>Nothing was logged under {name} yet.</Sentence> : null}
      {content.success ? content.data.data.slice(0, ROWS_MAX).map((row, i) => <Row key={i} columns={content.data.columns} row={row} />) : null}
    </section>
  );
}
