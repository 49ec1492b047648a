/**
 * Turns frames into jobs and events.
 * Frames may arrive twice, late or after a gap; the result does not depend on their order.
 */

import type { JobEvent } from "../api/types";
import { FINAL, type JobFrame } from "./frames";
import { noted, type Sample } from "./pace";

export const MOST_EVENTS = 20_000;

export interface Seen {
  job: JobFrame;
  /** Oldest first. */
  events: readonly JobEvent[];
  /** Whether events are known to be missing from the list. */
  hasGap: boolean;
  /** Milliseconds by which the server's clock is ahead of ours. */
  skewMs: number;
  /** Our clock when the current status arrived. */
  receivedAt: number;
  samples: readonly Sample[];
}

export class FrameHistory {
  readonly #jobs = new Map<string, Seen>();
  readonly #ids = new Map<string, Set<string>>();

  constructor(readonly mostEvents = MOST_EVENTS) {}

  get(jobId: string): Seen | undefined {
    return this.#jobs.get(jobId);
  }

  get jobs(): Seen[] {
    return [...this.#jobs.values()];
  }

  /** Takes a frame; returns the events that are new. */
  take(frame: JobFrame, now = Date.now()): JobEvent[] {
    const before = this.#jobs.get(frame.job_id);
    const added = this.#fresh(frame.job_id, frame.events);
    const isLate = before !== undefined && isOlder(frame, before.job);
    this.#jobs.set(frame.job_id, {
      job: isLate ? before.job : frame,
      events: this.#cut(frame.job_id, merge(before?.events ?? [], added)),
      hasGap: (before?.hasGap ?? false) || frame.gap,
      skewMs: isLate
        ? before.skewMs
        : frame.sent_at
          ? Date.parse(frame.sent_at) - now
          : (before?.skewMs ?? 0),
      receivedAt: isLate ? before.receivedAt : now,
      samples: isLate ? before.samples : noted(before?.samples ?? [], frame, now),
    });
    return added;
  }

  /** Takes events read from the log. They close the gap once the caller has read all of it. */
  fill(jobId: string, events: readonly JobEvent[], { isWhole }: { isWhole: boolean }): void {
    const seen = this.#jobs.get(jobId);
    if (!seen) return;
    const merged = this.#cut(jobId, merge(seen.events, this.#fresh(jobId, events)));
    this.#jobs.set(jobId, { ...seen, events: merged, hasGap: seen.hasGap && !isWhole });
  }

  #fresh(jobId: string, events: readonly JobEvent[]): JobEvent[] {
    const ids = this.#ids.get(jobId) ?? new Set<string>();
    this.#ids.set(jobId, ids);
    return events.filter((event) => !ids.has(event.id) && ids.add(event.id));
  }

  #cut(jobId: string, events: readonly JobEvent[]): readonly JobEvent[] {
    const excess = events.length - this.mostEvents;
    if (excess <= 0) return events;
    const ids = this.#ids.get(jobId);
    for (const event of events.slice(0, excess)) ids?.delete(event.id);
    return events.slice(excess);
  }
}

/** Whether a frame was overtaken by one already seen. Jobs only move forward, except on a retry. */
export function isOlder(frame: JobFrame, than: JobFrame): boolean {
  if (frame.sent_at && than.sent_at) return Date.parse(frame.sent_at) < Date.parse(than.sent_at);
  if (frame.attempt !== than.attempt) return frame.attempt < than.attempt;
  if (FINAL.has(than.status) !== FINAL.has(frame.status)) {
    return FINAL.has(than.status) && frame.progress < than.progress && frame.events.length === 0;
  }
  return frame.total_tokens < than.total_tokens;
}

/**
 * Seconds left for a job; null if it has no deadline.
 * Counted from the server's figure, so a wrong local clock does not matter.
 */
export function secondsLeft(seen: Seen, now = Date.now()): number | null {
  // a job that is stopping ends before its deadline
  if (seen.job.remaining_seconds === null || seen.job.is_stopping || FINAL.has(seen.job.status)) return null;
  return Math.max(0, seen.job.remaining_seconds - Math.max(0, now - seen.receivedAt) / 1000);
}

function merge(events: readonly JobEvent[], added: JobEvent[]): readonly JobEvent[] {
  if (!added.length) return events;
  const last = events.at(-1);
  const inOrder = [...added].sort(byTime);
  if (!last || byTime(last, inOrder[0] as JobEvent) <= 0) return [...events, ...inOrder];
  return [...events, ...inOrder].sort(byTime);
}

function byTime(a: JobEvent, b: JobEvent): number {
  return a.occurred < b.occurred ? -1 : a.occurred > b.occurred ? 1 : a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
