/**
 * The one kind of message that the facade sends over a WebSocket:
 * the whole status of a job, and what is new since the frame before.
 */

import type { HistoryEvent, Job, Status } from "../api/types";

export type { Status };
export type JobEvent = HistoryEvent;

export type JobFrame = Job & {
  events: JobEvent[];
  /** Where this frame ends; empty for one that was made from an answer over HTTP. */
  cursor: string;
  /** false while the facade has lost Prefect's event stream. */
  live: boolean;
  /** true when more happened than the frame could carry: read the history for what is missing. */
  gap: boolean;
  /** The server's clock when it sent the frame; null where it did not say. */
  sent_at: string | null;
};

export const FINAL: ReadonlySet<Status> = new Set(["completed", "failed", "cancelled"]);

/** A job that was read over HTTP, as a frame without news. */
export function frameOf(job: Job, events: JobEvent[] = []): JobFrame {
  return { ...job, events, cursor: "", live: true, gap: false, sent_at: null };
}
