/** Short descriptions of a job. */

import type { Job, Status } from "../api/types";
import { FINAL } from "../live/frames";

/** The topic or words that the job was started with. */
export function titleOf(job: Job): string {
  const { topic, words } = job.parameters as { topic?: unknown; words?: unknown };
  if (typeof topic === "string" && topic) return topic;
  if (Array.isArray(words) && words.length) {
    return words.length > 3
      ? `${words.slice(0, 3).join(", ")} and ${words.length - 3} more`
      : words.join(", ");
  }
  return job.mode === "big" ? "Any topic" : "Most-mentioned words";
}

/** Whether the job has ended. finished_at would not do: a retry keeps it until the next end. */
export const isOver = (job: { status: Status }): boolean => FINAL.has(job.status);

/**
 * Seconds the job took, or has taken so far, without the time between attempts;
 * null before it started.
 */
export function took(job: Job, now: number): number | null {
  if (!job.started_at) return null;
  if (job.active_seconds && (isOver(job) || job.attempt > 1)) return job.active_seconds;
  const end = isOver(job) && job.finished_at ? Date.parse(job.finished_at) : now;
  return Math.max(0, (end - Date.parse(job.started_at)) / 1000);
}

const SHORT_REASONS: Readonly<Record<string, string>> = {
  "time limit": "time is up",
  "all done": "all done",
  "nothing new": "nothing new",
  "target reached": "target reached",
  "quota used up": "quota used up",
  stopped: "stopped early",
  "worker stopped": "worker stopped",
};

/** Why the job ended, if that says more than its status. */
export function reasonOf(job: Job): string | null {
  if (!isOver(job) || !job.end_reason || job.end_reason === "failed") return null;
  if (job.status === "cancelled" && job.end_reason === "stopped") return null;
  if (job.status === "completed" && job.end_reason === "all done" && !job.counts.stored) {
    return "no new words";
  }
  return SHORT_REASONS[job.end_reason] ?? job.end_reason;
}
