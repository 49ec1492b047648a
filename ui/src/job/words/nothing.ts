/** Why a job learned nothing, in words. */

import type { Job } from "../../api/types";
import { count, counted } from "../../shared/format";
import { isOver } from "../summary";

/** Whether a job has ended with so few words that each of those not learned is named. */
export function namesEach(job: Job): boolean {
  return isOver(job) && job.last_round <= 1 && job.counts.proposed <= 50;
}

type Ended = Pick<Job, "status" | "end_reason" | "counts">;

const ENDINGS: Partial<Record<NonNullable<Job["end_reason"]>, string>> = {
  "time limit": "Time ran out before it learned a word.",
  "quota used up": "The model's quota ran out before it learned a word.",
  stopped: "It was stopped before it learned a word.",
};

/** Empty for a job that learned something, has not ended, or failed: its errors say why. */
export function whyNothing({ status, end_reason, counts }: Ended): string {
  if (counts.stored || (status !== "completed" && status !== "cancelled")) return "";
  const ending =
    ENDINGS[status === "cancelled" ? "stopped" : (end_reason ?? "all done")] ??
    (counts.proposed ? "It learned no new words." : "It had no words to learn.");
  return [ending, fates(counts)].filter(Boolean).join(" ");
}

/** For example "Of 3 proposed words, 1 was already known and 2 were given up." */
function fates({ proposed, valid, unseen, accepted, defined, failed }: Ended["counts"]): string {
  if (!proposed) return "";
  const unfinished = accepted - defined - failed;
  const parts = [
    { number: proposed - valid, fate: "not a usable word", many: "not usable words" },
    { number: valid - unseen, fate: "already known, or another form or spelling of a known word" },
    { number: unseen - accepted, fate: "left for later or for another job" },
    { number: failed, fate: "given up" },
    { number: defined, fate: "only defined" },
    { number: unfinished, fate: "not finished" },
  ].filter(({ number }) => number > 0);
  if (!parts.length) return "";
  const [only] = parts;
  if (only?.number === proposed) {
    const subject =
      proposed === 1
        ? "The proposed word was"
        : proposed === 2
          ? "Both proposed words were"
          : `All ${counted(proposed, "proposed word")} were`;
    return `${subject} ${(proposed > 1 && only.many) || only.fate}.`;
  }
  const told = parts.map(
    ({ number, fate, many }) =>
      `${count(number)} ${number === 1 ? "was" : "were"} ${(number > 1 && many) || fate}`,
  );
  const last = told.pop() ?? "";
  const list = told.length ? `${told.join(", ")} and ${last}` : last;
  return `Of ${counted(proposed, "proposed word")}, ${list}.`;
}
