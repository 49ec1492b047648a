import { expect, it } from "vitest";
import type { Candidate } from "../../api/types";
import { fatesOf } from "./fates";

const candidate = (
  text: string,
  verdict: Candidate["verdict"],
  more: Partial<Candidate> = {},
): Candidate => ({
  text,
  key: text,
  verdict,
  origin: "given",
  reason: null,
  variant_of: null,
  cell: null,
  ...more,
});
type Results = Parameters<typeof fatesOf>[0]["results"];
const results = (...outcomes: Results[number]["outcomes"]) => [{ outcomes }] as unknown as Results;
const told = (candidates: Candidate[], of: Results = []) =>
  fatesOf({ candidates, results: of }).map(
    ({ word, text, instead }) => `${word} ${text}${instead ? ` ${instead}` : ""}`,
  );

it("words that were not taken say why, with the word that stands for them", () => {
  expect(
    told([
      candidate("bite", "spelling variant", { variant_of: "bit" }),
      candidate("naïve", "inflection"),
      candidate("tide", "known", { variant_of: "tide" }),
      candidate("7", "number"),
      candidate("sea", "claimed elsewhere"),
    ]),
  ).toEqual([
    "bite is another spelling of bit",
    "naïve is a variant of a known word",
    "tide was already known",
    "7 is a number",
    "sea is being learned by another job",
  ]);
});

it("words that were given up say why, and learned ones are left out", () => {
  const words = ["a", "b", "c", "d", "e", "f", "g"].map((word) => candidate(word, "accepted"));
  const of = results(
    { word: "a", key: "a", stored: "enriched", reason: null, reason_code: null },
    { word: "b", key: "b", stored: null, reason: "no answer", reason_code: "no_answer" },
    { word: "c", key: "c", stored: null, reason: "new reason", reason_code: null },
    { word: "d", key: "d", stored: "defined", reason: "no answer", reason_code: "timed_out" },
    { word: "f", key: "f", stored: null, reason: "not there", reason_code: "not_in_lexicon" },
    { word: "g", key: "g", stored: "defined", reason: "is odd", reason_code: null },
  );
  expect(told(words, of)).toEqual([
    "b got no answer",
    "c was given up: new reason",
    "d has only a definition; the rest got no answer in time",
    "e was not finished",
    "f is not in the offline lexicon",
    "g has only a definition; the rest was given up: is odd",
  ]);
});
