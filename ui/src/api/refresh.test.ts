import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { live } from "./events";
import { keepFresh } from "./refresh";
import type { RunGrew } from "./schema";

const REST: RunGrew = { project: "p", id: "", state: "finished", steps: 1, keys_version: 0, bytes: 9 };
let server: Pick<RunGrew, "state" | "steps">;
let asked: number;
let ends: (() => void)[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  vi.stubGlobal("document", { hidden: false });
  vi.spyOn(live, "start").mockReturnValue();
  asked = 0;
});

afterEach(() => {
  for (const end of ends) end();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A page on which one query is shown; an answer says what was so when it was asked for, and takes so long. */
function shown(queryKey: string[], tookMs: number): QueryClient {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, networkMode: "always" } } });
  client.setQueryData(["keys", "p", queryKey[2]], { keys: [] });
  const queryFn = async () => {
    asked++;
    const answer = { ...server };
    await new Promise((done) => setTimeout(done, tookMs));
    return answer;
  };
  ends = [keepFresh(client), new QueryObserver(client, { queryKey, queryFn }).subscribe(() => undefined)];
  return client;
}

test.each([0, 100, 300, 700, 1300, 1900, 2300, 3100])("a run that ends %i ms after it last grew ends on the page", async (pauseMs) => {
  const queryKey = ["run", "p", `after-${pauseMs}`];
  const grew = (state: RunGrew["state"], steps: number) => {
    server = { state, steps };
    live.grew.send({ ...REST, id: queryKey[2] ?? "", ...server, bytes: steps });
  };
  server = { state: "running", steps: 0 };
  const client = shown(queryKey, 600);
  for (let step = 1; step < 20; step++) {
    grew("running", step);
    await vi.advanceTimersByTimeAsync(90);
  }
  await vi.advanceTimersByTimeAsync(pauseMs);
  grew("finished", 20);
  await vi.advanceTimersByTimeAsync(6000);
  expect(client.getQueryData(queryKey)).toEqual({ state: "finished", steps: 20 });
});

test.each(["run", "runs"])("news that comes before the first answer of %s is not lost", async (kind) => {
  server = { state: "running", steps: 1 };
  const client = shown([kind, "p", "first"], 1000);
  await vi.advanceTimersByTimeAsync(500);
  server = { state: "finished", steps: 1 };
  live.grew.send({ ...REST, id: "first", state: "running" });
  live.grew.send({ ...REST, id: "first" });
  live.changed.send({ changed: [] });
  await vi.advanceTimersByTimeAsync(6000);
  expect(client.getQueryData([kind, "p", "first"])).toEqual(server);
});

test("a run at rest is read once, however often its rest is told", async () => {
  server = { state: "finished", steps: 1 };
  shown(["run", "p", "rest"], 10);
  for (let time = 0; time < 3; time++) {
    live.grew.send({ ...REST, id: "rest" });
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(asked).toBe(1);
});
