/** What is said of a job in a few words. */

import type { Job, Status } from "../api/types";
import { FINAL } from "../live/frames";

/** What it learns about, as it was asked for. */
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

/** Whether it has ended. Not by finished_at, which a retry leaves in its document until the new end. */
export const isOver = (job: { status: Status }): boolean => FINAL.has(job.status);

/**
 * Seconds that it took, or has taken so far, without the time in which it lay between two attempts;
 * null before it began.
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
};

/** Why it ended, where that says more than its status does. */
export function reasonOf(job: Job): string | null {
  if (!isOver(job) || !job.end_reason || job.end_reason === "failed") return null;
  if (job.status === "cancelled" && job.end_reason === "stopped") return null;
  if (job.status === "completed" && job.end_reason === "all done" && !job.counts.stored) {
    return "no new words";
  }
  return SHORT_REASONS[job.end_reason] ?? job.end_reason;
}
