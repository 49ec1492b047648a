import { expect, it } from "vitest";
import { advice, notLearned } from "./outcomes";

const job = {
  outcomes: { known: 2, spelling_variant: 1, not_in_lexicon: 2, number: 0, brand_new: 1 },
  named_outcomes: [
    { word: "tide", code: "known", variant_of: null },
    { word: "bite", code: "spelling_variant", variant_of: "bit" },
    { word: "smartphone", code: "not_in_lexicon", variant_of: null },
    { word: "selfie", code: "not_in_lexicon", variant_of: null },
  ],
  counts: { stored: 0 },
  parameters: {},
  end_reason: "all done",
} as unknown as Parameters<typeof notLearned>[0] & Parameters<typeof advice>[0];

it("reasons stand by their number, with a few of their words", () => {
  expect(
    notLearned(job).map(({ number, text, words, hasMore }) => [
      number,
      text,
      words.map(({ word, instead }) => (instead ? `${word} → ${instead}` : word)).join(", "),
      hasMore,
    ]),
  ).toEqual([
    [2, "already known", "tide", true],
    [2, "not in the offline lexicon", "smartphone, selfie", false],
    [1, "brand new", "", true],
    [1, "another spelling of a word", "bite → bit", false],
  ]);
});

it("a word that the lexicon lacks comes with what would help, and others without", () => {
  expect(advice(job)).toContain("GROQ_API_KEY");
  expect(advice({ ...job, outcomes: { known: 3 } })).toBe("");
});

it("a job that found nothing new says what to try", () => {
  const dry = { ...job, outcomes: {}, end_reason: "nothing new" as const };
  expect(advice(dry)).toContain("Name words yourself");
  expect(advice({ ...dry, parameters: { topic: "violin" } })).toContain("near “violin”");
  expect(advice({ ...dry, counts: { ...job.counts, stored: 3 } })).toBe("");
});

it("a job that learned everything has nothing to tell", () => {
  expect(notLearned({ outcomes: {}, named_outcomes: [] })).toEqual([]);
});
