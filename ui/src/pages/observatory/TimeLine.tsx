// The time line: stage bands, evaluation dots, flags of findings, the scene's frames, the slider, play and speed.
import { SegmentedControl } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { Finding, Stage } from "../../api/schema";
import type { Clock } from "../../charts/clock";
import { step as stepText } from "../../charts/format";
import { IconButton } from "../../charts/IconButton";
import { bands, flags, shareOf, thinned, type Span } from "./timeline";
import { StageBands, FlagMarks } from "./TimeMarks";
import { SPEEDS, type Play } from "./usePlay";
import { useStep } from "./useClock";

const DOTS_MAX = 200;
const percent = (share: number) => `${share * 100}%`;

interface TimeLineProps {
  clock: Clock;
  span: Span;
  frames: number[];
  stages: Stage[];
  findings: Finding[];
  evaluations: number[];
  isFollowing: boolean;
  isLive: boolean;
  play: Play;
  onMove: (step: number) => void;
  onEnd: () => void;
}

function Slider({ clock, span, onMove }: Pick<TimeLineProps, "clock" | "span" | "onMove">) {
  const input = useRef<HTMLInputElement>(null);
  const step = useStep(clock);
  useEffect(() => {
    if (input.current) input.current.value = String(step);
  }, [step, span.first, span.last]);
  return (
    <input
      ref={input}
      className="time-slider"
      type="range"
      aria-label="Step"
      aria-valuetext={`step ${stepText(step)}`}
      min={span.first}
      max={Math.max(span.last, span.first + 1)}
      step={1}
      defaultValue={step}
      onInput={(event) => onMove(Number(event.currentTarget.value))}
    />
  );
}

function Reading({ clock, span }: { clock: Clock; span: Span }) {
  const step = useStep(clock);
  return (
    <output className="time-step">
      step <b>{stepText(step)}</b> of {stepText(span.last)}
    </output>
  );
}

export function TimeLine({ clock, span, frames, stages, findings, evaluations, isFollowing, isLive, play, onMove, onEnd }: TimeLineProps) {
  const label = play.isCalm ? "Play is off: your system asks for reduced motion. The arrow keys step" : play.isPlaying ? "Pause" : "Play";
  return (
    <footer className="time" aria-label="Time">
      <div className="time-tools">
        <IconButton icon={play.isPlaying ? "pause" : "play"} label={label} isPressed={play.isPlaying} onClick={play.toggle} />
        <SegmentedControl size="xs" aria-label="Speed" data={SPEEDS.map((value) => ({ value, label: `${value}×` }))} value={play.speed} onChange={play.setSpeed} />
        <Reading clock={clock} span={span} />
        {isLive && !isFollowing ? (
          <button type="button" className="toggle" onClick={onEnd}>
            follow
          </button>
        ) : null}
      </div>
      <div className="time-track">
        <FlagMarks flags={flags(findings)} span={span} onMove={onMove} />
        <StageBands bands={bands(stages, span)} />
        <div className="time-dots" aria-hidden>
          {thinned(frames, DOTS_MAX).map((at) => (
            <i key={`f${at}`} className="time-frame" style={{ left: percent(shareOf(span, at)) }} />
          ))}
          {thinned(evaluations, DOTS_MAX).map((at) => (
            <i key={`e${at}`} className="time-dot" title={`evaluation at step ${stepText(at)}`} style={{ left: percent(shareOf(span, at)) }} />
          ))}
        </div>
        <Slider clock={clock} span={span} onMove={onMove} />
      </div>
    </footer>
  );
}
