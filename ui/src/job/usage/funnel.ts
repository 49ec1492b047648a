/** The way of a job's words from candidate to entry. */

import type { Job } from "../../api/types";
import { isOver } from "../summary";

export interface Step {
  name: string;
  value: number;
}

/** Empty if no word was lost on the way: equal bars would say nothing. */
export function funnelOf({ status, counts }: Pick<Job, "status" | "counts">): Step[] {
  const { proposed, valid, unseen, accepted, stored } = counts;
  // words in progress are not lost
  const left = isOver({ status }) ? stored : accepted;
  if (!proposed || left >= proposed) return [];
  return [
    { name: "proposed", value: proposed },
    { name: "well-formed", value: valid },
    { name: "new", value: unseen },
    { name: "accepted", value: accepted },
    { name: "learned", value: stored },
  ];
}
