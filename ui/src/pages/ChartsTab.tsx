// All series of a run as panels.
import { useMemo } from "react";
import { useKeys } from "../api/queries";
import type { Findings, RunDetail } from "../api/schema";
import type { Source } from "../panels/panel";
import { Trouble } from "../panels/Sentence";
import { charted } from "./charted";
import { hairlines } from "./hairlines";
import { PanelSections } from "./PanelSections";
import { usePlace, viewOf } from "./place";
import { useColours } from "./useColours";
import { ViewBar } from "./ViewBar";

export function ChartsTab({ detail, findings }: { detail: RunDetail; findings: Findings | undefined }) {
  const { place } = usePlace();
  const { data, error } = useKeys(detail);
  const name = `${detail.project}/${detail.id}`;
  const colour = useColours([name]).get(name) ?? "var(--run-0)";
  const { project, id, name: label, stages } = detail;
  const sources = useMemo(
    (): Source[] => [{ run: { project, id }, label: label || id, colour, hairlines: hairlines(stages, findings?.findings ?? []) }],
    [project, id, label, colour, stages, findings],
  );
  const keys = useMemo(() => charted(data?.keys ?? [], detail.charts), [data, detail.charts]);
  if (error && !data) return <Trouble reason={error} />;
  if (!data) return null;
  return (
    <>
      <ViewBar keys={keys} />
      <PanelSections
        keys={keys}
        shared={{ sources, view: viewOf(place) }}
        foldedAtFirst={[]}
        empty={
          <p>
            Nothing was logged yet. Call <code>run.log({"{"}"train/loss": loss{"}"})</code> once per step.
          </p>
        }
      />
    </>
  );
}
