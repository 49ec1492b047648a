/** What a job was started with: as facts to read, and as a plan to start another. */

import limits from "../api/limits.json";
import type { Job, Plan } from "../api/types";
import { count, counted, minutes } from "../shared/format";
import { STARTERS } from "../shared/states";

export interface Fact {
  name: string;
  value: string;
}

/** So many given words are named; more are counted. */
const NAMED_WORDS = 12;

const number = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;
const text = (value: unknown): string => (typeof value === "string" ? value.trim() : "");

/** The job's parameters as a plan; what was not given stays out. */
export function planOf({ mode, parameters }: Pick<Job, "mode" | "parameters">): Plan {
  const given: Record<string, unknown> = parameters;
  const words = Array.isArray(given.words) ? given.words.filter((word) => typeof word === "string") : [];
  const plan: Plan = { mode };
  const topic = text(given.topic);
  if (words.length && mode !== "big") plan.words = words;
  else if (topic) plan.topic = topic;
  const names =
    mode === "big"
      ? (["minutes", "max_entries", "candidates_per_round", "words_per_round"] as const)
      : mode === "deep"
        ? (["minutes", "limit"] as const)
        : (["limit"] as const);
  for (const name of names) {
    const value = number(given[name]);
    if (value !== null && !(name === "limit" && plan.words)) plan[name] = value;
  }
  return plan;
}

/** Parameters and limits, the model, and who started it, in the order of the form. */
export function factsOf(
  job: Pick<Job, "mode" | "parameters" | "model" | "model_kind" | "quota" | "started_by">,
): Fact[] {
  const plan = planOf(job);
  const facts: Fact[] = [];
  if (plan.words) {
    facts.push({
      name: plan.words.length === 1 ? "word" : counted(plan.words.length, "word"),
      value: plan.words.slice(0, NAMED_WORDS).join(", ") + (plan.words.length > NAMED_WORDS ? " …" : ""),
    });
  } else {
    facts.push({ name: "topic", value: plan.topic ?? "any" });
  }
  if (job.mode !== "quick") {
    facts.push({ name: "time limit", value: minutes(plan.minutes ?? limits.big.minutes.default) });
  }
  const most = job.mode === "big" ? plan.max_entries : (plan.limit ?? limits[job.mode].limit.default);
  if (!plan.words) facts.push({ name: "word limit", value: most === undefined ? "none" : count(most) });
  if (job.mode === "big") {
    const { words_per_round, candidates_per_round } = limits.big;
    facts.push(
      { name: "words per round", value: count(plan.words_per_round ?? words_per_round.default) },
      {
        name: "candidates per round",
        value: count(plan.candidates_per_round ?? candidates_per_round.default),
      },
    );
  }
  const model = modelOf(job);
  if (model) facts.push({ name: "model", value: model });
  if (job.started_by) facts.push({ name: "started by", value: STARTERS[job.started_by] });
  return facts;
}

/** The model that writes; of an older job, the first that it had a quota of. */
function modelOf({ model, model_kind, quota }: Pick<Job, "model" | "model_kind" | "quota">): string {
  const name = model ?? quota[0]?.model ?? "";
  return model_kind === "lexicon" ? `offline lexicon (${name})` : name;
}
