/** What can be done with a job that has ended. */

import { SvelteSet } from "svelte/reactivity";
import type { Problem } from "../api/client";
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

const RUN_DELETED = "run_deleted";
/** Ended jobs whose run was deleted later, as the server said when it refused a retry. */
const refused = new SvelteSet<string>();

/** Whether the job ended because Prefect no longer knew its run. */
const endedWithoutRun = (job: Pick<Job, "reason">): boolean => job.reason?.code === RUN_DELETED;

/** Whether Prefect no longer knows the job's run, so that only a new job can go on. */
export const isRunDeleted = (job: Pick<Job, "job_id" | "reason">): boolean =>
  endedWithoutRun(job) || refused.has(job.job_id);

/** Takes note of why the server refused to retry a job. */
export function noteRefusal(jobId: string, problem: Pick<Problem, "errors">): void {
  if (problem.errors.some(({ code }) => code === RUN_DELETED)) refused.add(jobId);
}

type Judged = Pick<Job, "job_id" | "status" | "error_code" | "reason"> & Partial<Pick<Job, "started_by">>;

/** Whether only a new job can go on: a job that ran in its own process has no worker that could retry it. */
export const beginsAnew = (job: Judged): boolean => isRunDeleted(job) || job.started_by === "process";

/** The heading of a job's problems: those that ended it are the last. */
export function problemsTitle(job: Pick<Job, "status" | "reason">): string {
  if (job.status === "failed") return "Why it failed";
  return endedWithoutRun(job) ? "Why it was cancelled" : "Problems it recovered from";
}

/** A job that failed by its own parameters would fail again: only editing helps. */
export function goingOn(job: Judged): GoingOn {
  const isEnded = isOver(job);
  const mustFail = job.status === "failed" && job.error_code !== null;
  return {
    canRetry: isEnded && job.status !== "completed" && !mustFail && !beginsAnew(job),
    canRunAgain: isEnded && !mustFail,
    canEdit: isEnded,
  };
}
