// One sweep: how it searches, what it found, which parameter mattered, and its runs.
import type { RunRef } from "../../api/client";
import { useSweep } from "../../api/sweeps";
import { Trouble } from "../../panels/Sentence";
import { SweepFigures } from "./SweepFigures";
import { BestRun, SweepHead } from "./SweepHead";
import { SweepRuns } from "./SweepRuns";
import { SweepSearch } from "./SweepSearch";
import "./sweep.css";

export function SweepPage({ sweep }: { sweep: RunRef }) {
  const { data: detail, error } = useSweep(sweep);
  if (!detail) return <div className="page">{error ? <Trouble reason={error} /> : null}</div>;
  return (
    <div className="page sweep-page">
      <SweepHead sweep={sweep} detail={detail} />
      <BestRun project={sweep.project} detail={detail} />
      <SweepFigures sweep={sweep} detail={detail} />
      <SweepRuns project={sweep.project} detail={detail} />
      <SweepSearch detail={detail} />
    </div>
  );
}
