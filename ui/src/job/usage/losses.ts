/** Why fewer words were learned than accepted. */

import type { Job } from "../../api/types";
import { count, counted } from "../../shared/format";
import { isOver } from "../summary";

/**
 * For example "140 accepted words are not learned: 100 failed, 40 not finished.";
 * empty if none are missing.
 */
export function missing(job: Pick<Job, "counts" | "status">): string {
  const { accepted, stored, defined, failed } = job.counts;
  const rest = Math.max(0, accepted - stored - defined - failed);
  const isEnded = isOver(job);
  const parts = [
    failed ? `${count(failed)} failed` : "",
    defined ? `${count(defined)} with only a definition` : "",
    rest ? `${count(rest)} ${isEnded ? "not finished" : "in progress"}` : "",
  ].filter(Boolean);
  if (!parts.length) return "";
  if (parts.length > 1) {
    const all = counted(failed + defined + rest, "accepted word is", "accepted words are");
    return `${all} not learned${isEnded ? "" : " yet"}: ${parts.join(", ")}.`;
  }
  if (failed) return `${counted(failed, "accepted word")} failed.`;
  if (defined) return `${counted(defined, "accepted word has", "accepted words have")} only a definition.`;
  if (isEnded) return `${counted(rest, "accepted word was", "accepted words were")} not finished.`;
  return `${counted(rest, "accepted word is", "accepted words are")} in progress.`;
}
