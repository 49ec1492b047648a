import type { Job } from "../api/types";
import { capital } from "../shared/format";

type Reason = NonNullable<Job["reason"]>;
type Wording = (about: Record<string, unknown>) => { text: string; remedy?: string };

const pool = (about: Record<string, unknown>) => `work pool “${String(about.pool)}”`;

/** Why a queued job has not started. Codes unknown to this page show nothing. */
const WORDS: Partial<Record<Reason["code"], Wording>> = {
  late: (about) => ({
    text: `No worker has picked up this job yet (${pool(about)}).`,
    remedy: "Run “learn doctor” to check that a worker is running.",
  }),
  pool_paused: (about) => ({ text: `${capital(pool(about))} is paused.`, remedy: "Resume it in Prefect." }),
  pool_missing: (about) => ({
    text: `${capital(pool(about))} does not exist.`,
    remedy: "Run “learn up” to create it.",
  }),
  no_worker: (about) => ({
    text: `No worker is online for ${pool(about)}.`,
    remedy: "Start one with “learn up”.",
  }),
  slots_taken: () => ({
    text: "Waiting for a running job of this kind to end.",
  }),
  starting: () => ({
    text: "A worker has picked it up; its process has not started yet.",
    remedy: "If this persists, see the worker's log.",
  }),
  taken_back: () => ({
    text: "Its worker died before the job began; another worker will take it.",
  }),
  retry_later: (about) => ({
    text: `This job retries at ${new Date(String(about.at)).toLocaleTimeString()}.`,
  }),
};

/** Why a job is waiting and what to do about it; null if there is no special reason. */
export function whyWaiting(job: Pick<Job, "status" | "reason">): { text: string; remedy?: string } | null {
  if (job.status !== "queued" || !job.reason) return null;
  return WORDS[job.reason.code]?.(job.reason.params) ?? null;
}
