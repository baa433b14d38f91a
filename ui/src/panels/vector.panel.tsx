// A vector family over steps as a heat map, one row per component.
import { useVectors } from "../api/queries";
import { HeatMap } from "../charts/HeatMap";
import { useWidth } from "../charts/size";
import type { PanelDefinition, PanelProps } from "./panel";
import { drawingHeight, PanelFrame } from "./PanelFrame";
import { Sentence, Trouble } from "./Sentence";
import type { RunRef } from "../api/client";

const NO_RUN: RunRef = { project: "", id: "" };

function Heat({ run, family, height }: { run: RunRef; family: string; height: number }) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const { data, error } = useVectors(run, family);
  return (
    <div ref={ref} className="fill">
      {error && !data ? <Trouble reason={error} /> : null}
      {data && data.steps.length === 0 ? <Sentence>No vector of {family} yet.</Sentence> : null}
      {data && data.steps.length > 0 && width ? <HeatMap frame={data} width={width} height={height} /> : null}
    </div>
  );
}

function VectorPanel({ info, sources, height, isFull, onFull }: PanelProps) {
  const [source] = sources;
  const { data } = useVectors(source?.run ?? NO_RUN, info.key, source !== undefined);
  const foot = data?.thinned ? `${data.steps.length.toLocaleString("en-GB")} of ${data.total.toLocaleString("en-GB")} steps` : "";
  return (
    <PanelFrame name={info.key} value={info.unit ?? ""} foot={foot} height={height} isFull={isFull} onFull={onFull}>
      {source ? <Heat run={source.run} family={info.key} height={drawingHeight(height, foot)} /> : null}
    </PanelFrame>
  );
}

export const panel: PanelDefinition = { kinds: ["vector"], height: 152, Panel: VectorPanel };
