// Keys of the observatory: arrows step, space plays, digits choose a scene.
import { useEffect, useRef } from "react";
import type { Clock } from "../../charts/clock";
import type { Scene } from "./scenes";
import { neighbour, type Span } from "./timeline";

interface Keys {
  scenes: Scene[];
  clock: Clock;
  frames: number[];
  span: Span;
  onMove: (step: number) => void;
  onPlay: () => void;
  onChoose: (scene: Scene) => void;
}

/** Inside a field its own keys count; on the time slider the arrows step from frame to frame too. */
function isTaken(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.classList.contains("time-slider")) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) || target.closest("[role=slider], [role=dialog]") !== null;
}

function pressed(key: string, { scenes, clock, frames, span, onMove, onPlay, onChoose }: Keys, isOnButton: boolean): boolean {
  const scene = /^[1-9]$/.test(key) ? scenes[Number(key) - 1] : undefined;
  if (key === "ArrowLeft" || key === "ArrowRight") onMove(neighbour(clock.step, frames, span, key === "ArrowRight" ? 1 : -1));
  else if (key === "Home") onMove(frames[0] ?? span.first);
  else if (key === "End") onMove(span.last);
  else if (key === " " && !isOnButton) onPlay();
  else if (scene) onChoose(scene);
  else return false;
  return true;
}

export function useObservatoryKeys(keys: Keys): void {
  const held = useRef(keys);
  held.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTaken(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
      const isOnButton = event.target instanceof HTMLElement && event.target.closest("button, a, summary") !== null;
      if (pressed(event.key, held.current, isOnButton)) event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
