import { describe, expect, it } from "vitest";
import { inWords } from "./wording";

const of = (field: string, problem: string) =>
  inWords({ detail: `${field}: ${problem}.`, errors: [{ field, problem }] });

describe("validation errors use the form's labels", () => {
  it.each([
    ["minutes", "Input should be less than or equal to 10", "Minutes: at most 10."],
    ["minutes", "Input should be greater than 0.0", "Minutes: more than 0.0."],
    ["max_entries", "Input should be greater than or equal to 1", "Word limit: at least 1."],
    ["words.0", "Value error, 'x1' is not a word", "Word 1: 'x1' is not a word."],
    ["topic", "String should have at most 200 characters", "Topic: at most 200 characters."],
  ])("%s, %s", (field, problem, told) => expect(of(field, problem)).toBe(told));

  it("each of several errors", () => {
    const errors = [
      { field: "words.2", problem: "Value error, no letters" },
      { field: "limit", problem: "Input should be less than or equal to 500" },
    ];
    expect(inWords({ detail: "raw", errors })).toBe("Word 3: no letters. Word limit: at most 500.");
  });
});

it("a sentence stays as it is, without code marks", () => {
  expect(
    inWords({
      detail: "job_id: the job is running. Only an ended job can be run again.",
      errors: [{ field: "job_id", problem: "the job is running" }],
    }),
  ).toBe("job_id: the job is running. Only an ended job can be run again.");
  expect(inWords({ detail: "Send `Authorization: Bearer …`.", errors: [] })).toBe(
    "Send “Authorization: Bearer …”.",
  );
});
