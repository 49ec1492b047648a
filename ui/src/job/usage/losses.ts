/** Why fewer words are learned than were accepted. */

import type { Job } from "../../api/types";
import { count, counted } from "../../shared/format";
import { isOver } from "../summary";

/**
 * Such as "Of the accepted words 140 are not learned: 100 given up, 40 not finished.";
 * empty where none is missing.
 */
export function missing(job: Pick<Job, "counts" | "status">): string {
  const { accepted, stored, defined, failed } = job.counts;
  const rest = Math.max(0, accepted - stored - defined - failed);
  const parts = [
    failed ? `${count(failed)} given up` : "",
    defined ? `${count(defined)} with a definition only` : "",
    rest ? `${count(rest)} ${isOver(job) ? "not finished" : "still to come"}` : "",
  ].filter(Boolean);
  if (!parts.length) return "";
  const all = failed + defined + rest;
  if (parts.length === 1) {
    return `Of the accepted words ${parts[0]?.replace(/^(\S+)/, all === 1 ? "$1 is" : "$1 are")}.`;
  }
  const yet = isOver(job) ? "" : " yet";
  return `Of the accepted words ${counted(all, "is", "are")} not learned${yet}: ${parts.join(", ")}.`;
}
