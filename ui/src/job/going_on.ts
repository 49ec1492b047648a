/** What can be done with a job that has ended. */

import type { Job } from "../api/types";
import { isOver } from "./summary";

export interface GoingOn {
  /** Going on under the same id, from where it stopped. */
  canRetry: boolean;
  /** A new job with the same parameters. */
  canRunAgain: boolean;
  /** A new job with other parameters, from the filled-in form. */
  canEdit: boolean;
}

/** Whether Prefect no longer knows the job's run, so that only a new job can go on. */
export const isRunDeleted = (job: Pick<Job, "reason">): boolean => job.reason?.code === "run_deleted";

/** The heading of a job's problems: those that ended it are the last. */
export function problemsTitle(job: Pick<Job, "status" | "reason">): string {
  if (job.status === "failed") return "Why it failed";
  return isRunDeleted(job) ? "Why it was cancelled" : "Problems it recovered from";
}

/** A job that failed by its own parameters would fail again: only editing helps. */
export function goingOn(job: Pick<Job, "status" | "error_code" | "reason">): GoingOn {
  const isEnded = isOver(job);
  const mustFail = job.status === "failed" && job.error_code !== null;
  return {
    canRetry: isEnded && job.status !== "completed" && !mustFail && !isRunDeleted(job),
    canRunAgain: isEnded && !mustFail,
    canEdit: isEnded,
  };
}
