/** Groups of verdicts on candidates, best first, and their colours. */

export const KINDS = {
  accepted: { name: "accepted", token: "--accent" },
  postponed: { name: "postponed", token: "--verdict-later" },
  known: { name: "already known", token: "--verdict-known" },
  malformed: { name: "not a word", token: "--verdict-bad" },
} as const;
export type VerdictKind = keyof typeof KINDS;

const KNOWN = new Set([
  "known",
  "already processed",
  "claimed elsewhere",
  "inflection",
  "spelling variant",
  "repeated",
]);

export function kindOf(verdict: string): VerdictKind {
  if (verdict === "accepted" || verdict === "postponed") return verdict;
  return KNOWN.has(verdict) ? "known" : "malformed";
}

/** Sums counts by verdict into counts by kind. */
export function byKind(verdicts: Readonly<Record<string, number>>): Record<VerdictKind, number> {
  const found: Record<VerdictKind, number> = { accepted: 0, postponed: 0, known: 0, malformed: 0 };
  for (const [verdict, number] of Object.entries(verdicts)) found[kindOf(verdict)] += number;
  return found;
}
