// When a point reached the canvas, for tests and benchmarks: window.__belvedere.lastDraw["project/run/key"].

/** lastX: the x of the newest point drawn; at: milliseconds since 1970 of the frame that shows it. */
export interface LastDraw {
  lastX: number;
  at: number;
}

declare global {
  interface Window {
    __belvedere?: { lastDraw: Record<string, LastDraw> };
  }
}

export function noteDraw(key: string, lastX: number): void {
  requestAnimationFrame(() => {
    const held = (window.__belvedere ??= { lastDraw: {} });
    // the time of a point is that of its first draw, so that a redraw does not make it look late
    if (held.lastDraw[key]?.lastX === lastX) return;
    held.lastDraw[key] = { lastX, at: performance.timeOrigin + performance.now() };
  });
}
