// What lies along the time line: the stages as bands, findings as flags.
import { Icon } from "../../charts/Icon";
import { step as stepText } from "../../charts/format";
import { stageLook } from "../hairlines";
import { shareOf, type Band, type Flag, type Span } from "./timeline";

const percent = (share: number) => `${share * 100}%`;

export function StageBands({ bands }: { bands: Band[] }) {
  return (
    <div className="time-bands">
      {bands.map(({ name, from, to }, i) => (
        <span key={i} style={{ left: percent(from), width: percent(to - from) }} title={name}>
          <i style={{ background: `var(${stageLook(name).colour})` }} />
          <small>{name}</small>
        </span>
      ))}
    </div>
  );
}

export function FlagMarks({ flags, span, onMove }: { flags: Flag[]; span: Span; onMove: (step: number) => void }) {
  return (
    <div className="time-flags">
      {flags.map(({ step, level, titles }) => {
        const label = `Step ${stepText(step)}: ${titles.join("; ")}`;
        return (
          <button key={step} type="button" className="severity" data-level={level} aria-label={label} title={label} style={{ left: percent(shareOf(span, step)) }} onClick={() => onMove(step)}>
            <Icon name={level} size={13} />
          </button>
        );
      })}
    </div>
  );
}
