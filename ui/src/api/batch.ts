// Panels that ask for series of one run and view in the same moment share one request.
import { readSeries, type RunRef, type SeriesView } from "./client";
import { SeriesMissing, type SeriesFrame } from "./frames";

interface Waiting {
  run: RunRef;
  view: SeriesView;
  keys: Map<string, { resolve: (frame: SeriesFrame) => void; reject: (reason: unknown) => void }[]>;
}

const KEYS_MAX = 40; // an address stays well under 8 KiB unless the names themselves are very long
const ADDRESS_CHARS_MAX = 6000;
const waiting = new Map<string, Waiting>();

async function send(batch: Waiting): Promise<void> {
  try {
    const frames = await readSeries(batch.run, [...batch.keys.keys()], batch.view);
    for (const [key, askers] of batch.keys) {
      const frame = frames.get(key) ?? new SeriesMissing(`The server sent nothing for ${key}.`);
      for (const asker of askers) frame instanceof SeriesMissing ? asker.reject(frame) : asker.resolve(frame);
    }
  } catch (reason) {
    for (const askers of batch.keys.values()) for (const asker of askers) asker.reject(reason);
  }
}

function flush(name: string): void {
  const batch = waiting.get(name);
  waiting.delete(name);
  if (batch) void send(batch);
}

/** One series for one panel. */
export function loadSeries(run: RunRef, key: string, view: SeriesView): Promise<SeriesFrame> {
  const name = JSON.stringify([run.project, run.id, view]);
  let batch = waiting.get(name);
  if (!batch) {
    batch = { run, view, keys: new Map() };
    waiting.set(name, batch);
    setTimeout(() => flush(name), 0);
  }
  const { keys } = batch;
  const promise = new Promise<SeriesFrame>((resolve, reject) => {
    keys.set(key, [...(keys.get(key) ?? []), { resolve, reject }]);
  });
  const chars = [...keys.keys()].reduce((sum, each) => sum + 5 + encodeURIComponent(each).length, 0);
  if (keys.size >= KEYS_MAX || chars > ADDRESS_CHARS_MAX) flush(name);
  return promise;
}
