// A Plotly figure that the training logged.
import { useMemo } from "react";
import { z } from "zod";
import { readFileJson } from "../api/client";
import { useFile } from "../api/queries";
import { PlotlyFigure } from "../charts/PlotlyFigure";
import { mayArrive } from "./kept";
import { mediaPanel, NoFile, type ItemProps } from "./MediaPanel";
import { Sentence, Trouble } from "./Sentence";

const Content = z.object({ data: z.array(z.unknown()), layout: z.record(z.string(), z.unknown()).default({}) });

function PlotlyItem({ url, record, name, height }: ItemProps) {
  const { data, error, isPending } = useFile(url, readFileJson, true);
  const content = useMemo(() => Content.safeParse(url ? data : (record.figure ?? record)), [url, data, record]);
  if (error) return <Trouble reason={error} />;
  if (!url && mayArrive(record)) return <NoFile name={name} record={record} />;
  if (url && isPending) return null;
  if (!content.success) return <Sentence>The file of {name} is no Plotly figure. Log it as bv.Plotly(figure).</Sentence>;
  return <PlotlyFigure content={content.data} height={height} label={name} />;
}

export const panel = mediaPanel(["plotly", "figure"], PlotlyItem, 320);
