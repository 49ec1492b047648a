/** Jobs at work in the order in which they matter: running ones first, then the queue. */

import { cancelJob, Problem, readJobs } from "../api/client";
import limits from "../api/limits.json";
import type { Job } from "../api/types";
import { FINAL } from "../live/frames";

/** As many jobs are stopped at once. */
const AT_ONCE = 4;

interface HasJob {
  job: Pick<Job, "job_id" | "status" | "created_at" | "started_at">;
}

export interface AtWork<T> {
  /** Running and stopping jobs, the one that began last first. */
  running: T[];
  /** In the order in which they were asked for, which is that in which workers take them. */
  queued: T[];
}

const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

export function atWork<T extends HasJob>(all: readonly T[]): AtWork<T> {
  const begun = ({ job }: T) => job.started_at ?? job.created_at;
  const open = all.filter(({ job }) => !FINAL.has(job.status));
  return {
    running: open
      .filter(({ job }) => job.status !== "queued")
      .sort((a, b) => byText(begun(b), begun(a)) || byText(a.job.job_id, b.job.job_id)),
    queued: open
      .filter(({ job }) => job.status === "queued")
      .sort((a, b) => byText(a.job.created_at, b.job.created_at) || byText(a.job.job_id, b.job.job_id)),
  };
}

/** The reason that most queued jobs wait for, told once; null if no two share one. */
export function commonReason(
  reasons: readonly ({ text: string; remedy?: string } | null)[],
): { text: string; remedy?: string; count: number } | null {
  const counts = new Map<string, number>();
  for (const reason of reasons) if (reason) counts.set(reason.text, (counts.get(reason.text) ?? 0) + 1);
  const [text, count] = [...counts].sort((one, other) => other[1] - one[1])[0] ?? ["", 0];
  const found = reasons.find((reason) => reason?.text === text);
  return found && count > 1 ? { ...found, count } : null;
}

export interface Stopped {
  stopped: number;
  /** Why the others could not be stopped; empty if all were. */
  problems: string[];
}

/** Stops every queued job of the server, also those that no page has listed. */
export async function stopAllQueued(): Promise<Stopped> {
  const ids: string[] = [];
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor; isFirst = false) {
    const part = await readJobs({ status: "queued", limit: limits.jobs.limit.maximum, cursor });
    ids.push(...part.items.map((job) => job.job_id));
    cursor = part.cursor;
  }
  const found: Stopped = { stopped: 0, problems: [] };
  async function work(): Promise<void> {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      try {
        await cancelJob(id, true);
        found.stopped++;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        // one that has ended meanwhile needs no stopping
        if (error.status !== 409 && !found.problems.includes(error.detail)) found.problems.push(error.detail);
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}
