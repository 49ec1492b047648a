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
  markup: "has markup in it",
  sentence: "is a sentence",
  repeated: "was proposed twice",
  inflection: "is a form of",
  "spelling variant": "is another spelling of",
  "already processed": "was tried before in this job",
  known: "was already known",
  "claimed elsewhere": "is being learned by another job",
};
const FAILURES: Partial<Record<NonNullable<Outcome["reason_code"]>, string>> = {
  no_answer: "got no answer",
  not_accepted: "got no answer that could be accepted",
  malformed: "got an answer in an unusable form",
  unreadable: "got an answer that could not be read",
  refused: "was refused by the model",
  too_large: "was too large a request",
  unavailable: "could not be asked: the model did not respond",
  timed_out: "got no answer in time",
  quota_used_up: "could not be asked: the quota was used up",
  time_limit: "was not finished when time was up",
  taken_elsewhere: "was learned by another job",
  not_in_lexicon: "is not in the offline lexicon",
  not_done: "was not finished",
};

/** The words of a round that were not learned, each with its reason. Unknown codes show the server's text. */
export function fatesOf(round: Pick<RoundView, "candidates" | "results">, model: string | null): Fate[] {
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
    return [{ word, text: outcome ? failure(outcome, model) : "was not finished", instead: null }];
  });
}

function failure({ stored, reason, reason_code }: Outcome, model: string | null): string {
  const isLexicon = model?.startsWith("wordnet") ?? false;
  if (reason_code === "no_answer" && isLexicon && !stored) return "is not in the offline lexicon";
  const said = (reason_code && FAILURES[reason_code]) ?? `was given up: ${reason ?? "no reason given"}`;
  return stored ? `is only defined; more of it ${said.replace(/^is /, "")}` : said;
}
