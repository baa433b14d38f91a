// When a run grows, what is on screen of it is read again: one round at a time, never more than the page can draw, and
// the last news is always read: nobody tells it twice.
import type { Query, QueryClient, QueryKey } from "@tanstack/react-query";
import { live } from "./events";
import type { Keys, RunDetail, RunGrew, RunPage } from "./schema";

const REST_MIN_MS = 40;
const REST_MAX_MS = 1000;
const SLOW_MS = 1500; // keys, findings and media need no twenty looks a second
const SLOW = ["keys", "run", "media", "vectors", "findings", "figures", "console", "kept"];
const TABLES = ["runs", "projects", "sweeps", "sweep"];

interface Round {
  told: RunGrew; // the newest news
  whole: RunGrew | null; // the news behind the last look at everything
  wholeAt: number;
  isBusy: boolean;
}

const rounds = new Map<string, Round>();
const rest = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

function isSame(one: RunGrew, other: RunGrew): boolean {
  return one.bytes === other.bytes && one.state === other.state && one.steps === other.steps && one.keys_version === other.keys_version;
}

/** A first answer under way may be from before the news, and invalidating does not ask for it anew. */
function isFirst(query: Query): boolean {
  return query.isActive() && query.state.fetchStatus !== "idle" && query.state.data === undefined;
}

/** All that is on screen under a key, from after this moment. */
async function readAgain(client: QueryClient, queryKey: QueryKey): Promise<void> {
  const first = client.getQueryCache().findAll({ queryKey, predicate: isFirst });
  const behind = first.map(async (query) => {
    await Promise.allSettled([query.promise]);
    await client.invalidateQueries({ queryKey: query.queryKey, exact: true });
  });
  await Promise.allSettled([client.invalidateQueries({ queryKey }), ...behind]);
}

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

async function look(client: QueryClient, round: Round, news: RunGrew): Promise<void> {
  const isDue = performance.now() - round.wholeAt > SLOW_MS;
  const isWhole = isDue || round.whole?.keys_version !== news.keys_version || round.whole.state !== news.state;
  if (isWhole) {
    round.whole = news;
    round.wholeAt = performance.now();
  }
  await Promise.allSettled(["series", ...(isWhole ? SLOW : [])].map((kind) => readAgain(client, [kind, news.project, news.id])));
}

async function turn(client: QueryClient, round: Round): Promise<void> {
  round.isBusy = true;
  let news: RunGrew;
  do {
    news = round.told;
    const began = performance.now();
    await look(client, round, news);
    await rest(Math.min(REST_MAX_MS, Math.max(REST_MIN_MS, performance.now() - began)));
    while (document.hidden) await rest(250);
  } while (round.told !== news);
  round.isBusy = false;
  setTimeout(() => settle(client, round), Math.max(0, round.wholeAt + SLOW_MS + 200 - performance.now()));
}

/** What was skipped as slow is read once more when the run has come to rest. */
function settle(client: QueryClient, round: Round): void {
  if (!round.isBusy && round.whole !== round.told) void turn(client, round);
}

async function onGrowth(client: QueryClient, news: RunGrew): Promise<void> {
  const name = `${news.project}/${news.id}`;
  const met = rounds.get(name);
  if (met && isSame(met.told, news)) return; // every new stream begins with what is known
  const round = met ?? { told: news, whole: null, wholeAt: -SLOW_MS, isBusy: false };
  round.told = news;
  rounds.set(name, round);
  if (!met && (await isKnown(client, news))) round.whole ??= news;
  if (!round.isBusy && round.whole !== round.told) void turn(client, round);
}

/** Asks for the tables anew, and once more when there was news meanwhile. */
function tablesOf(client: QueryClient): () => Promise<void> {
  let isBusy = false;
  let isAsked = false;
  return async () => {
    isAsked = true;
    if (isBusy) return;
    isBusy = true;
    while (isAsked) {
      isAsked = false;
      await Promise.allSettled(TABLES.map((kind) => readAgain(client, [kind])));
    }
    isBusy = false;
  };
}

/** Tie the event stream to the query cache. Returns what unties it. */
export function keepFresh(client: QueryClient): () => void {
  const readTables = tablesOf(client);
  const ends = [
    live.grew.listen((run) => void onGrowth(client, run)),
    live.changed.listen(() => void readTables()),
    live.reconnected.listen(() => void client.invalidateQueries()),
  ];
  live.start();
  return () => ends.forEach((end) => end());
}
