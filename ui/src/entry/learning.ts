/** The outcome for one word that a quick job was asked to learn. */

import { Problem, readRound } from "../api/client";
import type { Job } from "../api/types";

export interface Verdict {
  isLearned: boolean;
  /** A short phrase, for example "learned" or "an inflection of “moss”". */
  said: string;
  /** The word already known instead. */
  known?: string;
  /** Another job would decide the same. */
  isRefused?: boolean;
}

/** Outcomes of a word that another try does not change. */
const LASTING = new Set(["not_in_lexicon"]);
/** Verdicts that pass by themselves. */
const PASSING = new Set(["claimed elsewhere", "postponed"]);

/** Decides by the job's status first, then by the verdict on the word and its outcome. */
export async function verdictOf(job: Job, word: string): Promise<Verdict> {
  if (job.status === "failed") {
    return { isLearned: false, said: `failed: ${job.errors.at(-1) ?? "see its log"}` };
  }
  if (job.counts.stored) return { isLearned: true, said: "learned" };
  if (job.status === "cancelled") return { isLearned: false, said: "stopped before learning it" };
  try {
    return (job.last_round ? await inRound(job, word) : null) ?? { isLearned: false, said: "not learned" };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { isLearned: false, said: "not learned" };
  }
}

async function inRound(job: Job, word: string): Promise<Verdict | null> {
  const { candidates, results } = await readRound(job.job_id, job.last_round);
  const candidate = candidates.find((one) => one.text === word) ?? candidates[0];
  if (!candidate) return null;
  if (candidate.verdict === "known") {
    return { isLearned: false, said: "already known", known: candidate.text, isRefused: true };
  }
  if (candidate.verdict !== "accepted") {
    return {
      isLearned: false,
      said: lower(candidate.reason ?? candidate.verdict),
      ...(candidate.variant_of ? { known: candidate.variant_of } : {}),
      ...(PASSING.has(candidate.verdict) ? {} : { isRefused: true }),
    };
  }
  const outcome = results.flatMap((batch) => batch.outcomes).find((one) => one.key === candidate.key);
  return {
    isLearned: false,
    said: outcome?.reason ? `not learned: ${lower(outcome.reason)}` : "not learned",
    ...(LASTING.has(outcome?.reason_code ?? "") ? { isRefused: true } : {}),
  };
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
