/**
 * The table of jobs: read page by page, kept up to date by frames.
 * Rows keep their place; new jobs wait until the user shows them.
 */

import { readJobs, type Problem, type Query } from "../api/client";
import type { Job, JobList } from "../api/types";
import { FINAL, frameOf, OPEN, type JobFrame } from "../live/frames";
import { isOlder } from "../live/history";
import { Loading } from "../shared/loading.svelte";

const DAY_MS = 86_400_000;
const PART = 50;

export interface Filters {
  status: string;
  mode: string;
  since: string;
}

export function queryOf({ status, mode, since }: Filters, now = Date.now()): Query {
  const days = Number(since);
  return {
    status: status === "active" ? OPEN : status || null,
    mode: mode || null,
    since: days > 0 ? new Date(now - days * DAY_MS).toISOString() : null,
    limit: PART,
  };
}

export class JobRows {
  rows = $state.raw<Job[]>([]);
  waiting = $state.raw<Job[]>([]);
  isComplete = $state(true);
  cursor = $state<string | null>(null);
  readonly first = new Loading<JobList>();
  readonly next = new Loading<JobList>();
  #filters: Filters = { status: "", mode: "", since: "" };

  /** Reads the first page. If the filters are unchanged, later rows stay. */
  async read(filters: Filters): Promise<void> {
    const isSame = JSON.stringify(filters) === JSON.stringify(this.#filters) && this.rows.length > 0;
    this.#filters = filters;
    this.next.stop();
    await this.first.run((signal) => readJobs(queryOf(filters), signal));
    const part = this.first.data;
    if (!part || this.first.problem || this.first.isLoading) return;
    this.isComplete = part.is_complete;
    this.waiting = [];
    const later =
      isSame && this.rows.length > PART
        ? this.rows.filter((row) => !part.items.some((item) => item.job_id === row.job_id))
        : [];
    if (!later.length) this.cursor = part.cursor;
    this.rows = [...part.items, ...later];
  }

  async more(): Promise<void> {
    const cursor = this.cursor;
    if (!cursor || this.next.isLoading) return;
    await this.next.run((signal) => readJobs({ ...queryOf(this.#filters), cursor }, signal));
    const part = this.next.data;
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- another call may have begun
    if (!part || this.next.problem || this.next.isLoading || this.cursor !== cursor) return;
    const known = new Set(this.rows.map((row) => row.job_id));
    this.rows = [...this.rows, ...part.items.filter((item) => !known.has(item.job_id))];
    this.cursor = part.cursor;
  }

  take(frame: JobFrame): void {
    const at = this.rows.findIndex((row) => row.job_id === frame.job_id);
    if (at >= 0) {
      if (isOlder(frame, frameOf(this.rows[at] as Job))) return;
      this.rows = this.rows.with(at, frame);
    } else if (this.#fits(frame) && this.first.data) {
      // where there are no rows, none moves
      if (this.rows.length) {
        this.waiting = [frame, ...this.waiting.filter((job) => job.job_id !== frame.job_id)];
      } else this.rows = [frame];
    }
  }

  letIn(): void {
    this.rows = [...this.waiting, ...this.rows].sort((one, other) =>
      one.created_at < other.created_at ? 1 : -1,
    );
    this.waiting = [];
  }

  get problem(): Problem | undefined {
    return this.first.problem ?? this.next.problem;
  }

  #fits(job: Job): boolean {
    const { status, mode } = this.#filters;
    const newest = this.rows[0];
    if (mode && job.mode !== mode) return false;
    if (status && (status === "active" ? FINAL.has(job.status) : job.status !== status)) return false;
    return !newest || job.created_at > newest.created_at;
  }
}
