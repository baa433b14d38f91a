// A chart that the server draws from a logged table, as wandb.plot describes it; the table itself is one click away.
import { useMemo } from "react";
import { z } from "zod";
import { readFileJson } from "../api/client";
import { useFile } from "../api/queries";
import { PlotlyFigure } from "../charts/PlotlyFigure";
import { keptAddress } from "./kept";
import { mediaPanel, NoFile, type ItemProps } from "./MediaPanel";
import { Trouble } from "./Sentence";
import { TableItem } from "./table.panel";

const Content = z.object({ data: z.array(z.unknown()), layout: z.record(z.string(), z.unknown()) });

function ChartItem({ url, record, name, height }: ItemProps) {
  const { data, error } = useFile(url, readFileJson, true);
  const content = useMemo(() => Content.safeParse(data), [data]);
  if (!url) return <NoFile name={name} record={record} />;
  if (error) return <Trouble reason={error} />;
  return content.success ? <PlotlyFigure content={content.data} height={height} label={name} /> : null;
}

function ChartTable(props: ItemProps) {
  return <TableItem {...props} url={keptAddress(props.run, props.record)} />;
}

export const panel = mediaPanel(["chart"], ChartItem, 320, { label: "Show the table", Item: ChartTable });
