/** What became of words that were not learned, word by word. */

import type { Candidate, RoundView } from "../../api/types";

type Outcome = RoundView["results"][number]["outcomes"][number];

export interface Fate {
  word: string;
  /** To follow the word: "was already known". */
  text: string;
  /** The known word that stands for it. */
  instead: string | null;
}

const VERDICTS: Partial<Record<Candidate["verdict"], string>> = {
  postponed: "was left for a later round",
  empty: "is empty",
  "too long": "is too long",
  "too many words": "has too many words",
  "no letter": "has no letter",
  number: "is a number",
  markup: "contains markup",
  sentence: "is a sentence",
  repeated: "was proposed twice",
  inflection: "is a form of",
  "spelling variant": "is another spelling of",
  "already processed": "was already tried in this job",
  known: "was already known",
  "claimed elsewhere": "is being learned by another job",
};
/** Of a word of which nothing is stored; what follows “the rest” where it is stored at a lesser depth. */
const FAILURES: Partial<Record<NonNullable<Outcome["reason_code"]>, string>> = {
  no_answer: "got no answer",
  not_accepted: "got no acceptable answer",
  malformed: "got an unusable answer",
  unreadable: "got an unreadable answer",
  refused: "was refused by the model",
  too_large: "needed too large a request",
  unavailable: "was not asked about: the model did not respond",
  timed_out: "got no answer in time",
  quota_used_up: "was not asked about: the quota ran out",
  time_limit: "was not finished when time ran out",
  taken_elsewhere: "was learned by another job",
  not_in_lexicon: "is not in the offline lexicon",
  not_done: "was not finished",
};

/** The words of a round that were not learned, each with its reason. Unknown codes show the server's text. */
export function fatesOf(round: Pick<RoundView, "candidates" | "results">): Fate[] {
  const outcomes = new Map(
    round.results.flatMap(({ outcomes: all }) => all.map((outcome) => [outcome.key, outcome] as const)),
  );
  return round.candidates.flatMap((candidate) => {
    const { text: word, verdict } = candidate;
    const instead = candidate.variant_of ?? null;
    if (verdict !== "accepted") {
      const needsOther = verdict === "inflection" || verdict === "spelling variant";
      const said = needsOther && !instead ? "is a variant of a known word" : VERDICTS[verdict];
      return [{ word, text: said ?? candidate.reason ?? verdict, instead: needsOther ? instead : null }];
    }
    const outcome = outcomes.get(candidate.key);
    if (outcome?.stored && !outcome.reason) return [];
    return [{ word, text: outcome ? failure(outcome) : "was not finished", instead: null }];
  });
}

function failure({ stored, reason, reason_code }: Outcome): string {
  const why = (reason_code && FAILURES[reason_code]) ?? `was given up: ${reason ?? "no reason given"}`;
  return stored ? `has only a definition; the rest ${why}` : why;
}
