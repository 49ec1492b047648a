/** What a language model still has to give, as far as that can be said. */

import type { Job } from "../../api/types";
import { count, percent, rough } from "../../shared/format";

/** A bound that is this many times what was seen moves with every proposal. */
const MOST_TIMES = 10;

/**
 * Such as "40 % of the last proposals were new; the model would come up with at least 1,230 more.";
 * empty where nothing is known.
 */
export function outlook(job: Pick<Job, "forecast" | "counts">): string {
  if (!job.forecast) return "";
  const { new_share: share, words_left: left } = job.forecast;
  const said =
    share >= 1
      ? "All of the last proposals were new"
      : share <= 0
        ? "None of the last proposals was new"
        : `${percent(share)} of the last proposals were new`;
  const more =
    left > MOST_TIMES * job.counts.proposed
      ? "many more"
      : left > 0
        ? `at least ${count(rough(left))} more`
        : "hardly any more";
  return `${said}; the model would come up with ${more}.`;
}
