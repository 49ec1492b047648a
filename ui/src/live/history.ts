/** Frames in, jobs and events out. Frames may come twice, late, or after a gap; what is shown is the same whatever their order. */

import { FINAL, type JobEvent, type JobFrame } from "./frames";

export const MOST_EVENTS = 20_000;

export interface Seen {
  job: JobFrame;
  events: JobEvent[];
  /** Whether events are known to be missing between those that are here. */
  hasGap: boolean;
  /** Milliseconds that the server's clock is ahead of ours. */
  skewMs: number;
  receivedAt: number;
}

export class History {
  readonly #jobs = new Map<string, Seen>();
  readonly #ids = new Map<string, Set<string>>();

  constructor(readonly mostEvents = MOST_EVENTS) {}

  get(jobId: string): Seen | undefined {
    return this.#jobs.get(jobId);
  }

  get jobs(): Seen[] {
    return [...this.#jobs.values()];
  }

  /** Takes a frame; answers the events that were not known before. */
  take(frame: JobFrame, now = Date.now()): JobEvent[] {
    const before = this.#jobs.get(frame.job_id);
    const added = this.#fresh(frame.job_id, frame.events);
    const job = before && isOlder(frame, before.job) ? before.job : frame;
    const events = merge(before?.events ?? [], added);
    this.#cut(frame.job_id, events);
    this.#jobs.set(frame.job_id, {
      job,
      events,
      hasGap: (before?.hasGap ?? false) || frame.gap === true,
      skewMs: frame.sent_at ? Date.parse(frame.sent_at) - now : (before?.skewMs ?? 0),
      receivedAt: now,
    });
    return added;
  }

  /** Takes events that were read back from the log; they close the gap when the caller has read all of it. */
  fill(jobId: string, events: JobEvent[], { isWhole }: { isWhole: boolean }): void {
    const seen = this.#jobs.get(jobId);
    if (!seen) return;
    const merged = merge(seen.events, this.#fresh(jobId, events));
    this.#cut(jobId, merged);
    this.#jobs.set(jobId, { ...seen, events: merged, hasGap: seen.hasGap && !isWhole });
  }

  #fresh(jobId: string, events: JobEvent[]): JobEvent[] {
    const ids = this.#ids.get(jobId) ?? new Set<string>();
    this.#ids.set(jobId, ids);
    return events.filter((event) => !ids.has(event.id) && ids.add(event.id));
  }

  #cut(jobId: string, events: JobEvent[]): void {
    const ids = this.#ids.get(jobId);
    for (const event of events.splice(0, Math.max(0, events.length - this.mostEvents))) ids?.delete(event.id);
  }
}

/** A frame that says less than one seen before: it was overtaken, for a job only goes on, but for a retry. */
export function isOlder(frame: JobFrame, than: JobFrame): boolean {
  if (frame.sent_at && than.sent_at) return Date.parse(frame.sent_at) < Date.parse(than.sent_at);
  if (FINAL.has(than.status) !== FINAL.has(frame.status)) return FINAL.has(than.status) && frame.progress < than.progress && frame.events.length === 0;
  return frame.total_tokens < than.total_tokens;
}

/** Seconds that a job has left, by the server's clock; null when it has no end in sight. */
export function secondsLeft(seen: Seen, now = Date.now()): number | null {
  if (seen.job.remaining_seconds === null || FINAL.has(seen.job.status)) return null;
  return Math.max(0, seen.job.remaining_seconds - (now - seen.receivedAt) / 1000);
}

function merge(events: JobEvent[], added: JobEvent[]): JobEvent[] {
  if (!added.length) return events;
  const last = events.at(-1);
  const inOrder = [...added].sort(byTime);
  if (!last || byTime(last, inOrder[0] as JobEvent) <= 0) return [...events, ...inOrder];
  return [...events, ...inOrder].sort(byTime);
}

function byTime(a: JobEvent, b: JobEvent): number {
  return a.occurred < b.occurred ? -1 : a.occurred > b.occurred ? 1 : a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
