/** What a word is that has no entry, and what the page offers for it. */

import type { Problem } from "../api/client";

export interface Absence {
  title: string;
  /** Sentences; empty if the title says it all. */
  said: string;
  /** The learned word that stands for this one. */
  known?: string;
  /** The word that a quick job would take. */
  learn?: string;
}

const RELATIONS: Readonly<Record<string, string>> = {
  inflection: "a form of",
  "spelling variant": "another spelling of",
};
const MODEL_HELPS = "Only a language model can learn it: set GROQ_API_KEY and restart the server.";
const OFFER = "A quick job looks it up and defines it in a few seconds.";

/** Words the 404 of an entry by its code. An unknown code shows the server's text and offers nothing. */
export function absenceOf(problem: Pick<Problem, "detail" | "errors">): Absence {
  const [error] = problem.errors;
  const text = (name: string): string | undefined => {
    const value = error?.params[name];
    return typeof value === "string" ? value : undefined;
  };
  const relation = RELATIONS[text("relation") ?? ""] ?? "another spelling of";
  const other = text("variant_of");
  const learn = text("learn");
  const offered = learn ? { learn } : {};
  const code: string = error?.code ?? "";
  switch (code) {
    case "not_learned":
      return { title: "Not learned yet.", said: OFFER, ...offered };
    case "variant_of_known":
      return { title: `This is ${relation} a learned word.`, said: "", ...named(other), ...offered };
    case "taken_for_variant":
      return {
        title: "Not learned.",
        said: `Jobs treat it as ${relation} a learned word.`,
        ...named(other),
      };
    case "variant_of_unlearned":
      return { title: `This is ${relation} “${other}”, which is not learned yet.`, said: OFFER, ...offered };
    case "in_work":
      return {
        title: "Not learned yet.",
        said: other ? `A job is learning “${other}”, and this is ${relation} it.` : "A job is learning it.",
      };
    case "not_in_lexicon":
      return {
        title: "Not learned yet.",
        said: `The offline lexicon (WordNet) lacks it. ${MODEL_HELPS}`,
      };
    case "not_a_word":
      return { title: `This is not a word that can be learned: ${text("verdict")}.`, said: "" };
    default:
      return { title: "Not learned.", said: problem.detail };
  }
}

const named = (known: string | undefined): { known?: string } => (known ? { known } : {});
