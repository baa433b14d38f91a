// One event stream per tab, fanned out to whoever listens; it comes back by itself when the server does.
import { address, type RunRef } from "./client";
import { RunGrew, RunsChanged } from "./schema";

export type LinkState = "connecting" | "open" | "lost";
type Listener<T> = (value: T) => void;

const FIRST_MS = 60; // so that the first stream already names the runs of the first page
const RETRY_FIRST_MS = 400;
const RETRY_MAX_MS = 3000;

class Fan<T> {
  private readonly listeners = new Set<Listener<T>>();
  send(value: T): void {
    for (const listener of [...this.listeners]) listener(value);
  }
  listen(listener: Listener<T>): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

/** The stream. `reconnected` fires after a loss: whatever is on screen must be read again. */
export class LiveLink {
  readonly grew = new Fan<RunGrew>();
  readonly changed = new Fan<RunsChanged>();
  readonly reconnected = new Fan<null>();
  readonly link = new Fan<LinkState>();
  state: LinkState = "connecting";
  private source: EventSource | null = null;
  private readonly watched = new Map<string, number>();
  private retryMs = RETRY_FIRST_MS;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private wasLost = false;

  start(): void {
    if (!this.source && !this.timer) this.reopenSoon(FIRST_MS);
  }

  /** Ask for the growth of one run until the returned function is called. */
  watch(run: RunRef): () => void {
    const name = `${run.project}/${run.id}`;
    this.watched.set(name, (this.watched.get(name) ?? 0) + 1);
    if (this.watched.get(name) === 1) this.reopenSoon(0);
    return () => {
      const left = (this.watched.get(name) ?? 1) - 1;
      if (left > 0) this.watched.set(name, left);
      else this.watched.delete(name);
      if (left === 0) this.reopenSoon(1000); // a watch too many costs little; a stream less costs a gap
    };
  }

  private reopenSoon(delayMs: number): void {
    if (this.state === "lost") return; // the retry will carry the new list
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), delayMs);
  }

  private open(): void {
    this.timer = null;
    const previous = this.source;
    const source = new EventSource(address("events", { watch: [...this.watched.keys()] }));
    this.source = source;
    source.onopen = () => this.opened(source, previous);
    source.onerror = () => this.lost(source, previous);
    source.addEventListener("run", (event) => this.receive(event, RunGrew, this.grew));
    source.addEventListener("runs", (event) => this.receive(event, RunsChanged, this.changed));
  }

  private receive<T>(event: MessageEvent<string>, shape: { parse(value: unknown): T }, fan: Fan<T>): void {
    fan.send(shape.parse(JSON.parse(event.data)));
  }

  private opened(source: EventSource, previous: EventSource | null): void {
    if (this.source !== source) return source.close();
    previous?.close();
    this.retryMs = RETRY_FIRST_MS;
    this.turn("open");
    if (this.wasLost) this.reconnected.send(null);
    this.wasLost = false;
  }

  private lost(source: EventSource, previous: EventSource | null): void {
    source.close();
    previous?.close();
    if (this.source !== source) return;
    this.wasLost = true;
    this.turn("lost");
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 1.6, RETRY_MAX_MS);
  }

  private turn(state: LinkState): void {
    this.state = state;
    this.link.send(state);
  }
}

export const live = new LiveLink();
