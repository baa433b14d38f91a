// Stage switches and findings as hairlines in every chart over steps.
import type { Finding, Stage } from "../api/schema";
import type { Hairline } from "../charts/overlay";

const STAGES: Record<string, { colour: string; dash: number[] }> = {
  pretrain: { colour: "--stage-pretrain", dash: [] },
  mid: { colour: "--stage-mid", dash: [6, 3] },
  sft: { colour: "--stage-sft", dash: [2, 3] },
  rl: { colour: "--stage-rl", dash: [8, 3, 2, 3] },
  unknown: { colour: "--stage-unknown", dash: [1, 3] },
};
const OTHER = { colour: "--stage-other", dash: [4, 4] };

export function stageLook(name: string): { colour: string; dash: number[] } {
  return STAGES[name] ?? OTHER;
}

export function hairlines(stages: Stage[], findings: Finding[]): Hairline[] {
  const switches = stages.filter((stage, i) => i > 0 || stage.step > 0); // where a run begins is no switch
  const ofStages = switches.map((stage) => ({ x: stage.step, label: stage.name, ...stageLook(stage.name) }));
  const ofFindings = findings.flatMap((finding) =>
    finding.first_step === null ? [] : [{ x: finding.first_step, label: finding.title, colour: `--${finding.severity}`, dash: [1, 2] }],
  );
  return [...ofStages, ...ofFindings];
}
