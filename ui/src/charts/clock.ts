// The step that everything on a page shows. Many moves between two frames of the screen are one move.
type Listener = (step: number) => void;

export class Clock {
  private readonly listeners = new Set<Listener>();
  private waiting = 0;

  constructor(public step: number) {}

  set(step: number): void {
    if (step === this.step) return;
    this.step = step;
    if (!this.waiting) this.waiting = requestAnimationFrame(() => this.tell());
  }

  listen = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  private tell(): void {
    this.waiting = 0;
    for (const listener of [...this.listeners]) listener(this.step);
  }
}

/** The place of the last of rising steps that is not after `step`; the first when all are; -1 when there is none. */
export function placeAt(steps: ArrayLike<number>, step: number): number {
  let [low, high] = [0, steps.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((steps[middle] ?? Infinity) <= step) low = middle;
    else high = middle - 1;
  }
  return steps.length ? low : -1;
}
