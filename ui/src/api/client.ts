/** HTTP client for the server. Requests time out; every failure becomes a Problem that says what to do. */

import limits from "./limits.json";
import type {
  Entry,
  EntryList,
  Estimate,
  FieldProblem,
  FrontierList,
  Graph,
  Health,
  LogPage,
  Job,
  JobList,
  Plan,
  ProblemDocument,
  RoundList,
  RoundView,
  Schedule,
  Stats,
} from "./types";
import { inWords } from "./wording";

const TIMEOUT_MS = 30_000;
const HEALTH = "/health/ready";

/** Why a request failed. Status 0 means that no response arrived. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly retryAfterS: number | null = null,
    /** The fields that are to blame, each with a code and its parameters. */
    readonly errors: readonly FieldProblem[] = [],
  ) {
    super(detail);
  }

  get isLasting(): boolean {
    return this.status >= 400 && this.status < 500 && this.status !== 408 && this.status !== 429;
  }
}

export type Query = Record<string, string | number | readonly string[] | null | undefined>;

let onRefused = (): void => {};
let onDoubt = (): void => {};

/** Registers a function to call when the server answers 401. */
export function whenRefused(call: () => void): void {
  onRefused = call;
}

/** Registers a function to call when a response suggests that Prefect or the store is unreachable. */
export function whenDoubtful(call: () => void): void {
  onDoubt = call;
}

/** An idempotency key for startJob. Pages served over plain HTTP by another machine have no randomUUID. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

export function withQuery(path: string, query: Query = {}): string {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) fields.append(name, String(one));
  }
  const text = fields.toString();
  return text ? `${path}?${text}` : path;
}

async function ask<T>(
  path: string,
  {
    method = "GET",
    body,
    headers = {},
    signal,
  }: {
    method?: string;
    body?: unknown;
    headers?: Record<string, string>;
    signal?: AbortSignal | undefined;
  } = {},
): Promise<T> {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      credentials: "same-origin",
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.ok) return (answer.status === 204 ? undefined : await answer.json()) as T;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "Can't reach the server. Is “learn up” running?");
  }
  const problem = await problemOf(answer);
  if (problem.status === 401 && path !== "/session") onRefused();
  if (problem.status === 503 && path !== HEALTH) onDoubt();
  throw problem;
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    const document = (await answer.json()) as ProblemDocument;
    return new Problem(
      answer.status,
      inWords(document),
      document.retry_after_s ?? null,
      document.errors ?? [],
    );
  } catch {
    return new Problem(answer.status, `Unexpected response (HTTP ${answer.status}). Check the server's log.`);
  }
}

/** Encodes a word for a URL path; slashes stay slashes. */
function asPath(word: string): string {
  return word.split("/").map(encodeURIComponent).join("/");
}

type Abort = AbortSignal | undefined;

export const readHealth = (signal?: Abort): Promise<Health> => ask(HEALTH, { signal });
export const signIn = (token: string): Promise<void> => ask("/session", { method: "POST", body: { token } });

export async function readJobs(query: Query, signal?: Abort): Promise<JobList> {
  const part = await ask<JobList>(withQuery("/jobs", query), { signal });
  if (!part.is_complete) onDoubt();
  return part;
}
export const readJob = (id: string, signal?: Abort): Promise<Job> =>
  ask(`/jobs/${encodeURIComponent(id)}`, { signal });
export const readEvents = (id: string, after: string | null, signal?: Abort): Promise<LogPage> =>
  ask(withQuery(`/jobs/${encodeURIComponent(id)}/events`, { after, limit: limits.events.limit.maximum }), {
    signal,
  });
/** The newest events, or the newest before a position: `older` of another page. */
export const readNewestEvents = (id: string, before: string | null, signal?: Abort): Promise<LogPage> =>
  ask(
    withQuery(`/jobs/${encodeURIComponent(id)}/events`, {
      newest: "true",
      before,
      limit: limits.events.limit.maximum,
    }),
    { signal },
  );
export const readRounds = (id: string, after: number, signal?: Abort): Promise<RoundList> =>
  ask(
    withQuery(`/jobs/${encodeURIComponent(id)}/rounds`, {
      after: after || null,
      limit: limits.rounds.limit.maximum,
    }),
    {
      signal,
    },
  );
export const readRound = (id: string, number: number, signal?: Abort): Promise<RoundView> =>
  ask(`/jobs/${encodeURIComponent(id)}/rounds/${number}`, { signal });
export const cancelJob = (id: string, drain: boolean): Promise<void> =>
  ask(`/jobs/${encodeURIComponent(id)}/cancel`, { method: "POST", body: { drain } });
export const retryJob = (id: string): Promise<void> =>
  ask(`/jobs/${encodeURIComponent(id)}/retry`, { method: "POST" });
export const estimateJob = (plan: Plan, signal?: Abort): Promise<Estimate> =>
  ask("/jobs/estimate", { method: "POST", body: plan, signal });

/** Starts one job per key, however often the request is sent. */
export function startJob(plan: Plan, key: string): Promise<{ job_id: string }> {
  const { mode, ...rest } = plan;
  const headers = { "Idempotency-Key": key };
  if (mode === "big") return ask("/jobs/start_big", { method: "POST", body: rest, headers });
  return ask("/jobs/start", { method: "POST", body: plan, headers });
}

export const searchKnowledge = (query: Query, signal?: Abort): Promise<EntryList> =>
  ask(withQuery("/knowledge", query), { signal });
export const readStats = (signal?: Abort): Promise<Stats> => ask("/knowledge/stats", { signal });
export const readEntry = (word: string, signal?: Abort): Promise<Entry> =>
  ask(`/entries/${asPath(word)}`, { signal });
export const readGraph = (word: string, query: Query = {}, signal?: Abort): Promise<Graph> =>
  ask(withQuery(`/graph/${asPath(word)}`, query), { signal });
export const readFrontier = (cursor: string | null, signal?: Abort): Promise<FrontierList> =>
  ask(withQuery("/frontier", { cursor, limit: 100 }), { signal });

export const readSchedules = (signal?: Abort): Promise<{ items: Schedule[] }> =>
  ask("/schedules", { signal });
export const switchSchedule = (id: string, to: "pause" | "resume"): Promise<Schedule> =>
  ask(`/schedules/${encodeURIComponent(id)}/${to}`, { method: "POST" });
