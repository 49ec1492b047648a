/** Words the server's input errors with the labels of the form, by their codes. */

import type { FieldProblem, ProblemDocument } from "./types";

type Said = Pick<ProblemDocument, "detail" | "code"> & { errors: readonly FieldProblem[] | null };

const FIELDS: Readonly<Record<string, string>> = { max_entries: "Word limit", limit: "Word limit" };
const WORDS: Readonly<Record<string, (bound: (name: string) => string) => string>> = {
  less_than_equal: (bound) => `at most ${bound("le")}`,
  greater_than_equal: (bound) => `at least ${bound("ge")}`,
  less_than: (bound) => `less than ${bound("lt")}`,
  greater_than: (bound) => `more than ${bound("gt")}`,
  string_too_long: (bound) => `at most ${bound("max_length")} characters`,
  too_long: (bound) => `at most ${bound("max_length")}`,
};

function nameOf(field: string): string {
  const [first = "", place = ""] = field.split(".");
  if (first === "words" && /^\d+$/.test(place)) return `Word ${Number(place) + 1}`;
  return FIELDS[first] ?? first.charAt(0).toUpperCase() + first.slice(1).replaceAll("_", " ");
}

export function inWords({ detail, code, errors }: Said): string {
  const isForm = code === "invalid_input" && errors?.every(({ field }) => /^[a-z_]+(\.\d+)?$/.test(field));
  return withoutMarks(isForm && errors?.length ? errors.map(sentenceOf).join(" ") : detail);
}

function sentenceOf({ field, problem, code, params, remedy }: FieldProblem): string {
  const told = WORDS[code]?.((name) => String(params[name])) ?? problem;
  return `${nameOf(field)}: ${told}.${remedy ? ` ${remedy}` : ""}`;
}

/** Replaces Markdown code marks with quotation marks. */
export const withoutMarks = (text: string): string => text.replace(/`([^`]*)`/g, "“$1”");
