/** The one kind of message that the facade sends over a WebSocket: the whole status of a job, and what is new since the frame before. */

export type Status = "queued" | "running" | "cancelling" | "completed" | "failed" | "cancelled";

export interface JobEvent {
  id: string;
  occurred: string;
  kind: string;
  text: string;
  words: string[];
}

export interface JobFrame {
  job_id: string;
  status: Status;
  progress: number;
  total_tokens: number;
  last_round: number;
  errors: string[];
  mode: "big" | "quick" | "deep";
  name?: string;
  counts: Record<string, number>;
  stages?: Record<string, { done: number; in_flight: number }>;
  usage: Record<string, number>;
  remaining_seconds: number | null;
  events: JobEvent[];
  cursor: string;
  /** The server's clock when it sent the frame. */
  sent_at?: string;
  /** false while the facade has lost Prefect's event stream. */
  live?: boolean;
  /** true when more happened than the frame could carry: read the history for what is missing. */
  gap?: boolean;
  [more: string]: unknown;
}

export const FINAL: ReadonlySet<Status> = new Set(["completed", "failed", "cancelled"]);
