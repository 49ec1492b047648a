/** Short names for what the server sends. The shapes are generated from its OpenAPI document. */

import type { components } from "./schema";

/** The server always sends fields that have a default, so none is optional here. */
type Sent<T> = T extends readonly (infer Item)[]
  ? Sent<Item>[]
  : T extends object
    ? { [Name in keyof T]-?: Sent<Exclude<T[Name], undefined>> }
    : T;

type Schemas = { [Name in keyof components["schemas"]]: Sent<components["schemas"][Name]> };

export type Job = Schemas["JobView"];
export type JobList = Schemas["JobList"];
export type Status = Job["status"];
export type Mode = Job["mode"];
export type JobEvent = Schemas["HistoryEvent"];
export type LogPage = Schemas["History"];
export type Round = Schemas["RoundSummary"];
export type RoundList = Schemas["RoundList"];
export type RoundView = Schemas["RoundView"];
export type Candidate = Schemas["Candidate"];
export type Entry = Schemas["EntryView"];
export type EntryList = Schemas["EntryList"];
export type ListedEntry = EntryList["items"][number];
export type Stats = Schemas["Stats"];
export type Graph = Schemas["Graph"];
export type FrontierList = Schemas["FrontierList"];
export type FrontierWord = FrontierList["items"][number];
export type Schedule = Schemas["ScheduleView"];
export type Estimate = Schemas["Estimate"];
export type Health = Schemas["Health"];
export type Support = Entry["support"];
export type Depth = Entry["depth"];
export type ProblemDocument = Schemas["Problem"];
export type FieldProblem = Schemas["FieldProblem"];

/** Parameters of a new job. The server chooses what is left out. */
export interface Plan {
  mode: Mode;
  topic?: string;
  minutes?: number;
  max_entries?: number;
  candidates_per_round?: number;
  words_per_round?: number;
  words?: string[];
  limit?: number;
}
