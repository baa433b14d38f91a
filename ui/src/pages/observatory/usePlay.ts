// Playing: the slider goes from frame to frame by itself until the end, or until somebody stops it.
import { useReducedMotion } from "@mantine/hooks";
import { useEffect, useState } from "react";
import type { Clock } from "../../charts/clock";
import { neighbour, type Span } from "./timeline";

const FRAME_MS = 200; // at speed 1
const BARE_MS = 60; // a hundredth of a run without frames
export const SPEEDS = ["0.5", "1", "2", "4"];

export function usePlay(clock: Clock, frames: number[], span: Span, onMove: (step: number) => void) {
  const [isPlaying, setPlaying] = useState(false);
  const [speed, setSpeed] = useState("1");
  const isCalm = useReducedMotion(undefined, { getInitialValueInEffect: false });
  const isOn = isPlaying && !isCalm;
  useEffect(() => {
    if (!isOn) return;
    if (clock.step >= (frames.at(-1) ?? span.last)) onMove(frames[0] ?? span.first);
    const timer = setInterval(() => {
      const next = neighbour(clock.step, frames, span, 1);
      onMove(next);
      if (next >= (frames.at(-1) ?? span.last)) setPlaying(false);
    }, (frames.length ? FRAME_MS : BARE_MS) / Number(speed));
    return () => clearInterval(timer);
  }, [isOn, speed, frames, span.first, span.last]);
  return { isPlaying: isOn, isCalm: isCalm === true, speed, setSpeed, toggle: () => setPlaying(!isPlaying), stop: () => setPlaying(false) };
}

export type Play = ReturnType<typeof usePlay>;
