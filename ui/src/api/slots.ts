// So many requests of one sort at a time: curves of the run table must not stand in the way of the charts.
const SLOTS = 3;
let taken = 0;
const queue: (() => void)[] = [];

export async function inSlot<T>(work: () => Promise<T>): Promise<T> {
  if (taken >= SLOTS) await new Promise<void>((free) => queue.push(free));
  taken += 1;
  try {
    return await work();
  } finally {
    taken -= 1;
    queue.shift()?.();
  }
}
