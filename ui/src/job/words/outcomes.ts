/** Why words of a job were not learned, by reason code. */

import type { Job } from "../../api/types";

type Code = Job["named_outcomes"][number]["code"];

export interface NotLearnedRow {
  code: string;
  number: number;
  /** To follow the number: "already known". */
  text: string;
  /** The first few words, each with the word that stands for it, if any. */
  words: { word: string; instead: string | null }[];
  hasMore: boolean;
}

const WORDING: Record<Code, [one: string, many: string]> = {
  empty: ["empty", "empty"],
  too_long: ["too long", "too long"],
  too_many_words: ["too many words in it", "too many words in them"],
  no_letter: ["without letters", "without letters"],
  number: ["a number", "numbers"],
  markup: ["not plain text", "not plain text"],
  sentence: ["a sentence", "sentences"],
  repeated: ["proposed twice", "proposed twice"],
  inflection: ["a form of another word", "forms of other words"],
  spelling_variant: ["another spelling of a word", "other spellings of words"],
  processed: ["already handled by this job", "already handled by this job"],
  known: ["already known", "already known"],
  claimed_elsewhere: ["in progress in another job", "in progress in another job"],
  no_answer: ["without an answer from the model", "without an answer from the model"],
  not_accepted: ["rejected by the checks", "rejected by the checks"],
  malformed: ["an unusable answer from the model", "unusable answers from the model"],
  unreadable: ["an unreadable answer", "unreadable answers"],
  refused: ["refused by the model", "refused by the model"],
  too_large: ["too large for one request", "too large for one request"],
  unavailable: ["lost to an outage", "lost to an outage"],
  timed_out: ["timed out", "timed out"],
  quota_used_up: ["unfinished when the quota ran out", "unfinished when the quota ran out"],
  time_limit: ["unfinished when time ran out", "unfinished when time ran out"],
  taken_elsewhere: ["learned by another job", "learned by another job"],
  not_in_lexicon: ["not in the offline lexicon", "not in the offline lexicon"],
  not_done: ["not finished", "not finished"],
};

/** The reasons, the commonest first. A code that this page does not know is shown as it is. */
export function notLearned({
  outcomes,
  named_outcomes,
}: Pick<Job, "outcomes" | "named_outcomes">): NotLearnedRow[] {
  return Object.entries(outcomes)
    .filter(([, number]) => number > 0)
    .sort(([a, more], [b, less]) => less - more || a.localeCompare(b))
    .map(([code, number]) => {
      const [one, many] = (WORDING as Partial<typeof WORDING>)[code as Code] ?? [
        code.replaceAll("_", " "),
        code.replaceAll("_", " "),
      ];
      const words = named_outcomes
        .filter((named) => named.code === code)
        .map(({ word, variant_of: of }) => ({ word, instead: of && of !== word ? of : null }));
      return { code, number, text: number === 1 ? one : many, words, hasMore: number > words.length };
    });
}

/** What would help with the words that were not learned, or where none were new; empty if nothing would. */
export function advice({
  outcomes,
  end_reason,
  counts,
  parameters,
}: Pick<Job, "outcomes" | "end_reason" | "counts" | "parameters">): string {
  if (outcomes.not_in_lexicon) {
    return "A language model can learn words that the lexicon lacks: set GROQ_API_KEY on the server.";
  }
  if (end_reason !== "nothing new" || counts.stored) return "";
  const topic = parameters.topic;
  return typeof topic === "string" && topic
    ? `It found no new words near “${topic}”. Choose another topic, or leave it out.`
    : "It found no new words. Name words yourself, or choose a topic.";
}
