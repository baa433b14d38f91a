// When a run grows, what is on screen of it is read again: one round at a time, and never more than the page can draw.
import type { QueryClient } from "@tanstack/react-query";
import { live } from "./events";
import type { Keys, RunDetail, RunGrew, RunPage } from "./schema";

const REST_MIN_MS = 40;
const REST_MAX_MS = 1000;
const SLOW_MS = 1500; // keys, findings and media need no twenty looks a second

interface Round {
  busy: boolean;
  again: boolean;
  slowAt: number;
  keysVersion: number | string | null;
  state: string;
  bytes: number; // of the log, when it was last told
}

const rounds = new Map<string, Round>();
const rest = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** What the page holds of a run: from its own answer, or from its line in a table. */
function held(client: QueryClient, { project, id }: RunGrew): { state: string; steps: number } | undefined {
  const detail = client.getQueryData<RunDetail>(["run", project, id]);
  if (detail) return detail;
  const pages = client.getQueriesData<RunPage>({ queryKey: ["runs"] });
  return pages.flatMap(([, page]) => page?.runs ?? []).find((row) => row.project === project && row.id === id);
}

/** The stream tells the state of every run at first. A run at rest of which the page holds just that is not read twice. */
async function isKnown(client: QueryClient, run: RunGrew): Promise<boolean> {
  if (run.state === "running") return false;
  const under = client.getQueryCache().findAll({ predicate: ({ queryKey: [kind, project, id] }) => kind === "runs" || (["run", "keys"].includes(String(kind)) && project === run.project && id === run.id) });
  await Promise.allSettled(under.filter(({ state }) => state.data === undefined).map(({ promise }) => promise));
  const about = held(client, run);
  const keys = client.getQueryData<Keys>(["keys", run.project, run.id]);
  return about?.state === run.state && about.steps === run.steps && keys?.keys.length === run.keys_version;
}

async function readAgain(client: QueryClient, run: RunGrew, round: Round): Promise<void> {
  // a request that was already under way may have been answered from before the growth, so it starts anew
  const of = (kind: string) => client.invalidateQueries({ queryKey: [kind, run.project, run.id] });
  const jobs = [of("series")];
  const slow = performance.now() - round.slowAt > SLOW_MS;
  const news = run.keys_version !== round.keysVersion || run.state !== round.state;
  if (slow || news) {
    round.slowAt = performance.now();
    round.keysVersion = run.keys_version;
    round.state = run.state;
    jobs.push(...["keys", "run", "media", "vectors", "findings", "figures", "console", "kept"].map(of));
  }
  await Promise.allSettled(jobs);
}

async function turn(client: QueryClient, run: RunGrew, round: Round): Promise<void> {
  round.busy = true;
  do {
    round.again = false;
    const began = performance.now();
    await readAgain(client, run, round);
    await rest(Math.min(REST_MAX_MS, Math.max(REST_MIN_MS, performance.now() - began)));
    while (document.hidden) await rest(250);
  } while (round.again);
  round.busy = false;
}

function settle(client: QueryClient, run: RunGrew, round: Round): void {
  // what was skipped as "slow" is read once more when the run has come to rest
  setTimeout(() => {
    if (!round.busy && performance.now() - round.slowAt > SLOW_MS) {
      round.slowAt = 0;
      void turn(client, run, round);
    }
  }, SLOW_MS + 200);
}

/** Every run that was ever told of has a round; undefined when this news is no news. */
async function roundOf(client: QueryClient, run: RunGrew): Promise<Round | undefined> {
  const name = `${run.project}/${run.id}`;
  const met = rounds.get(name);
  if (met) {
    const isOld = met.bytes === run.bytes && met.state === run.state;
    met.bytes = run.bytes;
    return isOld ? undefined : met;
  }
  const made: Round = { busy: false, again: false, slowAt: 0, keysVersion: null, state: "", bytes: run.bytes };
  rounds.set(name, made);
  return (await isKnown(client, run)) ? undefined : made;
}

async function onGrowth(client: QueryClient, run: RunGrew): Promise<void> {
  const round = await roundOf(client, run);
  if (!round) return;
  round.again = true;
  if (!round.busy) void turn(client, run, round).then(() => settle(client, run, round));
}

/** Tie the event stream to the query cache. Returns what unties it. */
export function keepFresh(client: QueryClient): () => void {
  const ends = [
    live.grew.listen((run) => void onGrowth(client, run)),
    live.changed.listen(() => {
      for (const kind of ["runs", "projects", "sweeps", "sweep"]) void client.invalidateQueries({ queryKey: [kind] }, { cancelRefetch: false });
    }),
    live.reconnected.listen(() => void client.invalidateQueries()),
  ];
  live.start();
  return () => ends.forEach((end) => end());
}
