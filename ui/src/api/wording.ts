/** Words the server's validation errors with the labels of the form. */

import type { ProblemDocument } from "./types";

const FIELDS: Readonly<Record<string, string>> = { max_entries: "Word limit", limit: "Word limit" };
const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/^Value error,\s*/, ""],
  [/^Input should be less than or equal to (\S+?)\.?$/, "at most $1"],
  [/^Input should be greater than or equal to (\S+?)\.?$/, "at least $1"],
  [/^Input should be less than (\S+?)\.?$/, "less than $1"],
  [/^Input should be greater than (\S+?)\.?$/, "more than $1"],
  [/^String should have at most (\d+) characters?$/, "at most $1 characters"],
  [/^List should have at most (\d+) items? after validation, not \d+$/, "at most $1"],
];

function nameOf(field: string): string {
  const [first = "", place = ""] = field.split(".");
  if (first === "words" && /^\d+$/.test(place)) return `Word ${Number(place) + 1}`;
  return FIELDS[first] ?? first.charAt(0).toUpperCase() + first.slice(1).replaceAll("_", " ");
}

export function inWords({ detail, errors }: Pick<ProblemDocument, "detail" | "errors">): string {
  const wrong = errors?.filter(({ field }) => /^[a-z_]+(\.\d+)?$/.test(field)) ?? [];
  // the server's own errors are sentences already; validation errors are lists of fields
  const isForm =
    wrong.length > 0 && wrong.some(({ problem }) => SENTENCES.some(([raw]) => raw.test(problem)));
  return withoutMarks(isForm ? wrong.map(sentenceOf).join(" ") : detail);
}

function sentenceOf({ field, problem }: { field: string; problem: string }): string {
  const told = SENTENCES.reduce((text, [raw, words]) => text.replace(raw, words), problem);
  return `${nameOf(field)}: ${told.replace(/\.$/, "")}.`;
}

/** Replaces Markdown code marks with quotation marks. */
export const withoutMarks = (text: string): string => text.replace(/`([^`]*)`/g, "“$1”");
