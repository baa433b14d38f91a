// Which scene stands on the canvas and at which step, for tests and benchmarks: window.__scene.

/** at: milliseconds since 1970 of the frame that shows it; draws: whole draws of the page so far, moves not counted. */
export interface LastScene {
  name: string;
  step: number;
  at: number;
  draws: number;
}

declare global {
  interface Window {
    __scene?: LastScene;
  }
}

export function noteScene(name: string, step: number, isWhole: boolean): void {
  const at = performance.timeOrigin + performance.now();
  window.__scene = { name, step, at, draws: (window.__scene?.draws ?? 0) + (isWhole ? 1 : 0) };
}
