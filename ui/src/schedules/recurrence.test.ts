import { expect, it } from "vitest";
import { clockHere, recurrenceOf, zoneOf } from "./recurrence";

const cron = (rule: string) => ({ rule, rule_kind: "cron" as const, interval_s: null });
/** As the server sends it: the rule as text, which nothing here reads, and its seconds. */
const interval = (seconds: number) => ({
  rule: "as the server words it",
  rule_kind: "interval" as const,
  interval_s: seconds,
});
const rrule = { rule: "FREQ=DAILY;BYHOUR=2", rule_kind: "rrule" as const, interval_s: null };
const unknown = { rule: "0 2 * * *", rule_kind: null, interval_s: null };

it.each([
  ["0 2 * * *", "every day at 02:00"],
  ["30 14 * * 1", "every Monday at 14:30"],
  ["0 6 * * 1-5", "Monday to Friday at 06:00"],
  ["05 * * * *", "5 minutes past every hour"],
  ["1 * * * *", "1 minute past every hour"],
  ["0 * * * *", "every hour, on the hour"],
  ["*/15 * * * *", "every 15 minutes"],
])("the cron line %s reads %s", (rule, words) => {
  expect(recurrenceOf(cron(rule)).words).toBe(words);
});

it.each([
  [86_400, "every day"],
  [172_800, "every 2 days"],
  [9_000, "every 150 minutes"],
  [21_600, "every 6 hours"],
  [1, "every second"],
  [90, "every 90 seconds"],
])("an interval of %d s reads %s", (seconds, words) => {
  expect(recurrenceOf(interval(seconds))).toEqual({ words, isAtTime: false });
});

it.each([
  cron("0 2 1 * *"),
  cron("0 2 * 6 *"),
  cron("0 2,14 * * *"),
  cron(""),
  interval(0.5),
  interval(0),
  rrule,
  unknown,
])("the rule $rule of kind $rule_kind is shown as written", (schedule) => {
  expect(recurrenceOf(schedule).words).toBeNull();
});

it("names the zone only for a time of day", () => {
  const rules = [
    cron("0 2 * * *"),
    cron("0 2,14 * * *"),
    rrule,
    cron("30 * * * *"),
    cron("*/15 * * * *"),
    interval(86_400),
  ];
  expect(rules.map((rule) => zoneOf({ ...rule, timezone: "UTC" }))).toEqual([
    "UTC",
    "UTC",
    "UTC",
    "",
    "",
    "",
  ]);
  expect(zoneOf({ ...cron("0 2 * * *"), timezone: null })).toBe("");
});

it("names the local zone if it differs", () => {
  const [winter, summer] = ["2026-11-25T02:00:00Z", "2026-07-25T02:00:00Z"];
  expect([winter, summer].map((moment) => clockHere(moment, "Europe/London", "UTC"))).toEqual(["", "UTC"]);
  expect([winter, summer].map((moment) => clockHere(moment, "UTC", "Europe/Berlin"))).toEqual([
    "CET",
    "CEST",
  ]);
  expect([
    clockHere(winter, "UTC", "Asia/Kolkata"),
    clockHere(winter, "", "Asia/Kolkata"),
    clockHere(winter, "No/Where", "UTC"),
  ]).toEqual(["GMT+5:30", "", "UTC"]);
});
