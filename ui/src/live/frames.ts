/**
 * The only message the server sends over a WebSocket:
 * the whole status of a job, and the events since the previous frame.
 */

import statuses from "../api/statuses.json";
import type { Job, JobEvent, Status } from "../api/types";

export type JobFrame = Job & {
  events: JobEvent[];
  /** Where this frame ends; empty for a frame made from an HTTP response. */
  cursor: string;
  /** False while the server has lost Prefect's event stream. */
  live: boolean;
  /** True if the frame could not carry all events; read the history for the rest. */
  gap: boolean;
  /** The server's clock when it sent the frame; null if unknown. */
  sent_at: string | null;
};

export const FINAL: ReadonlySet<Status> = new Set(statuses.final as Status[]);
/** Of jobs that have not ended. */
export const OPEN = statuses.open as readonly Status[];

/** A job read over HTTP, as a frame without new events. */
export function frameOf(job: Job, events: JobEvent[] = []): JobFrame {
  return { ...job, events, cursor: "", live: true, gap: false, sent_at: null };
}
