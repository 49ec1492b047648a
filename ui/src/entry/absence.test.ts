import { describe, expect, test } from "vitest";
import { absenceOf } from "./absence";

function told(code: string, params: Record<string, unknown> = {}) {
  const error = { field: "word", problem: "p", remedy: null, code, params: { word: "mice", ...params } };
  return absenceOf({ detail: "the server’s text", errors: [error] });
}

describe("a word without an entry", () => {
  test("is offered if a job would take it", () => {
    expect(told("not_learned", { learn: "mouse" }).learn).toBe("mouse");
    expect(
      told("variant_of_unlearned", { learn: "mouse", variant_of: "mouse", relation: "inflection" }),
    ).toEqual({
      title: "This is a form of “mouse”, which is not learned yet.",
      said: "A quick job looks it up and defines it in a few seconds.",
      learn: "mouse",
    });
  });
  test("leads to the word that stands for it", () => {
    const about = { variant_of: "mouse", relation: "spelling variant" };
    expect(told("variant_of_known", about)).toEqual({
      title: "This is another spelling of a learned word.",
      said: "",
      known: "mouse",
    });
    expect(told("variant_of_known", { ...about, learn: "mice" }).learn).toBe("mice");
    expect(told("taken_for_variant", about).known).toBe("mouse");
  });
  test.each([
    ["taken_for_variant", { variant_of: "mouse", relation: "inflection" }],
    ["in_work", {}],
    ["in_work", { variant_of: "mouse", relation: "inflection" }],
    ["not_in_lexicon", {}],
    ["not_a_word", { verdict: "number" }],
    ["of a newer server", {}],
  ])("is not offered if a job would refuse it: %s", (code, params) => {
    const absence = told(code, params);
    expect(absence.learn).toBeUndefined();
    expect(`${absence.title}${absence.said}`).not.toContain("undefined");
  });
  test("says the server’s text if the code is unknown", () => {
    expect(told("of a newer server").said).toBe("the server’s text");
    expect(absenceOf({ detail: "gone", errors: [] }).said).toBe("gone");
  });
});
