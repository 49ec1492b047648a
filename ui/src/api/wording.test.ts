import { describe, expect, it } from "vitest";
import { inWords } from "./wording";

type Params = Record<string, unknown>;

const error = (
  field: string,
  code: string,
  params: Params = {},
  problem = "raw",
  remedy: string | null = null,
) => ({
  field,
  problem,
  code,
  params,
  remedy,
});
const of = (...errors: ReturnType<typeof error>[]) =>
  inWords({ detail: "raw", code: "invalid_input", errors });

describe("an input error in the form's words", () => {
  it.each([
    ["minutes", "less_than_equal", { le: 10 }, "Minutes: at most 10."],
    ["minutes", "greater_than", { gt: 0 }, "Minutes: more than 0."],
    ["max_entries", "greater_than_equal", { ge: 1 }, "Word limit: at least 1."],
    ["topic", "string_too_long", { max_length: 200 }, "Topic: at most 200 characters."],
    ["words", "too_long", { max_length: 500, actual_length: 501 }, "Words: at most 500."],
  ])("%s, %s", (field, code, params, told) => expect(of(error(field, code, params))).toBe(told));

  it("uses the server's words for a code that it does not know", () => {
    expect(of(error("words.0", "word_number", {}, "“7” is a number", "Give a word."))).toBe(
      "Word 1: “7” is a number. Give a word.",
    );
  });

  it("names each of several", () => {
    expect(
      of(error("words.2", "new", {}, "no letters"), error("limit", "less_than_equal", { le: 500 })),
    ).toBe("Word 3: no letters. Word limit: at most 500.");
  });
});

it("keeps other problems as the server words them, without code marks", () => {
  expect(
    inWords({
      detail: "job_id: the job is running. Only an ended job can be run again.",
      code: "conflict",
      errors: [error("job_id", "invalid", {}, "the job is running")],
    }),
  ).toBe("job_id: the job is running. Only an ended job can be run again.");
  expect(inWords({ detail: "Send `Authorization: Bearer …`.", code: null, errors: null })).toBe(
    "Send “Authorization: Bearer …”.",
  );
});
