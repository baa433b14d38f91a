// The only place that calls fetch. Every answer is parsed at this door.
import type { z } from "zod";
import { decodeSeries, decodeVectors, SeriesMissing, type SeriesFrame, type VectorFrame } from "./frames";
import { parseJson } from "./json";
import { KeyList } from "./keys";
import * as schema from "./schema";
import * as sweeps from "./sweeps.schema";

export interface RunRef {
  project: string;
  id: string;
}

/** What the server answered instead of data: a sentence, and what to do next. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly next: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** Nobody answers at the server's address. */
export class Unreachable extends Error {}

type Params = Record<string, string | number | string[] | null | undefined>;

export function address(path: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === null || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  const text = query.toString();
  return `/api/${path}${text ? `?${text}` : ""}`;
}

export function runPath(run: RunRef): string {
  return `runs/${encodeURIComponent(run.project)}/${encodeURIComponent(run.id)}`;
}

async function refusal(response: Response): Promise<Refused> {
  const body: unknown = await response.json().catch(() => ({}));
  const parsed = schema.Refusal.safeParse(body);
  if (parsed.success) return new Refused(parsed.data.error, parsed.data.next, response.status);
  return new Refused(`The server answered ${response.status} to ${new URL(response.url).pathname}.`, "Reload the page.", response.status);
}

async function get(url: string, signal?: AbortSignal, method = "GET"): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { signal: signal ?? null, method });
  } catch (reason) {
    if (signal?.aborted) throw reason;
    throw new Unreachable("The server does not answer.");
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function getJson<T>(shape: z.ZodType<T>, url: string, signal?: AbortSignal): Promise<T> {
  const response = await get(url, signal);
  return shape.parse(await response.json());
}

export const readHealth = () => getJson(schema.Health, address("health"));
export const readProjects = () => getJson(schema.Projects, address("projects"));

export interface RunsQuery {
  project?: string | undefined;
  filter?: string | undefined;
  sort: string;
  offset: number;
  limit: number;
  /** how many settings and how many last values each row carries at most */
  values: number;
}
export const readRuns = (query: RunsQuery, signal?: AbortSignal) =>
  getJson(schema.RunPage, address("runs", { ...query }), signal);

export const readRun = (run: RunRef) => getJson(schema.RunDetail, address(runPath(run)));
/** Asks a training to stop; the run as it is now. */
export async function stopRun(run: RunRef): Promise<schema.RunDetail> {
  return schema.RunDetail.parse(await (await get(address(`${runPath(run)}/stop`), undefined, "POST")).json());
}

export const readKeys = (run: RunRef) => getJson(KeyList, address(`${runPath(run)}/keys`));
export const readFigures = (run: RunRef) => getJson(schema.Figures, address(`${runPath(run)}/figures`));
export const readFindings = (run: RunRef) => getJson(schema.Findings, address(`${runPath(run)}/findings`));
export const readMedia = (run: RunRef, key: string) => getJson(schema.MediaItems, address(`${runPath(run)}/media`, { key }));
export const readFigure = (run: RunRef, figure: string, options: Record<string, string>) =>
  getJson(schema.Figure, address(`${runPath(run)}/figures/${encodeURIComponent(figure)}`, options));
export const readKept = (run: RunRef) => getJson(schema.RunFiles, address(`${runPath(run)}/kept`));
export const readConsole = (run: RunRef, offset: number, limit: number) =>
  getJson(schema.ConsolePage, address(`${runPath(run)}/console`, { offset, limit }));

const sweepPath = (sweep: RunRef) => `projects/${encodeURIComponent(sweep.project)}/sweeps/${encodeURIComponent(sweep.id)}`;
export const readSweeps = (project: string) => getJson(sweeps.Sweeps, address(`projects/${encodeURIComponent(project)}/sweeps`));
export const readSweep = (sweep: RunRef) => getJson(sweeps.SweepDetail, address(sweepPath(sweep)));
export const readSweepFigure = (sweep: RunRef, figure: string, options: Record<string, string>) =>
  getJson(schema.Figure, address(`${sweepPath(sweep)}/figures/${encodeURIComponent(figure)}`, options));
/** Asks a sweep to pause, to go on, to end; the sweep as it is now. */
export async function changeSweep(sweep: RunRef, to: sweeps.SweepState): Promise<sweeps.SweepDetail> {
  return sweeps.SweepDetail.parse(await (await get(address(`${sweepPath(sweep)}/state`, { to }), undefined, "POST")).json());
}

/** A kept file's JSON (a table, a Plotly figure), unparsed: its panel knows the shape. */
export async function readFileJson(url: string): Promise<unknown> {
  return parseJson(await (await get(url)).text());
}

export async function readFileText(url: string): Promise<string> {
  return (await get(url)).text();
}

export async function readFloats(url: string): Promise<Float32Array> {
  return new Float32Array(await (await get(url)).arrayBuffer());
}

/** Where a kept file lies: named by its content. */
export const fileAddress = (run: RunRef, sha256: string, suffix: string) => address(`${runPath(run)}/files/${sha256}${suffix}`);

export interface SeriesView {
  x: string;
  lo: number | null;
  hi: number | null;
  buckets: number | null; // null: every point
  scale: "linear" | "log";
  rank: number | null;
}

export async function readSeries(run: RunRef, keys: string[], view: SeriesView): Promise<Map<string, SeriesFrame | SeriesMissing>> {
  const response = await get(address(`${runPath(run)}/series`, { key: keys, ...view }));
  return decodeSeries(await response.arrayBuffer());
}

export async function readVectors(run: RunRef, family: string, maxSteps: number): Promise<VectorFrame> {
  const response = await get(address(`${runPath(run)}/vectors`, { family, max_steps: maxSteps }));
  return decodeVectors(await response.arrayBuffer());
}

/** Every raw point of one series; the server makes the file. */
export const csvAddress = (run: RunRef, key: string) => address(`${runPath(run)}/export`, { format: "csv", key });
