/** How many more words a language model is likely to propose. */

import type { Job } from "../../api/types";
import { count, percent, rough } from "../../shared/format";

/** A lower bound this many times the proposals so far is too unstable to show. */
const MOST_TIMES = 10;

/**
 * For example "40% of recent proposals were new; the model could propose at least 1,230 more.";
 * empty without a forecast.
 */
export function outlook(job: Pick<Job, "forecast" | "counts">): string {
  if (!job.forecast) return "";
  const { new_share: share, words_left: left } = job.forecast;
  const said =
    share >= 1
      ? "All recent proposals were new"
      : share <= 0
        ? "No recent proposals were new"
        : `${percent(share)} of recent proposals were new`;
  const more =
    left > MOST_TIMES * job.counts.proposed
      ? "many more"
      : left > 0
        ? `at least ${count(rough(left))} more`
        : "few more";
  return `${said}; the model could propose ${more}.`;
}
