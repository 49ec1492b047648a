import { expect, it } from "vitest";
import { clockHere, inWords, zoneOf } from "./recurrence";

it.each([
  ["0 2 * * *", "every day at 02:00"],
  ["30 14 * * 1", "every Monday at 14:30"],
  ["0 6 * * 1-5", "Monday to Friday at 06:00"],
  ["05 * * * *", "5 minutes past every hour"],
  ["1 * * * *", "1 minute past every hour"],
  ["0 * * * *", "every hour, on the hour"],
  ["*/15 * * * *", "every 15 minutes"],
  ["1 day, 0:00:00", "every day"],
  ["2:30:00", "every 150 minutes"],
  ["6:00:00", "every 6 hours"],
])("the rule %s reads %s", (rule, words) => {
  expect(inWords(rule)).toBe(words);
});

it.each(["0 2 1 * *", "0 2 * 6 *", "0 2,14 * * *", "FREQ=DAILY;BYHOUR=2", "", "0:00:00"])(
  "the rule %s is shown as written",
  (rule) => {
    expect(inWords(rule)).toBeNull();
  },
);

it("names the zone only for a time of day", () => {
  const rules = ["0 2 * * *", "0 2,14 * * *", "30 * * * *", "*/15 * * * *", "1 day, 0:00:00"];
  expect(rules.map((rule) => zoneOf(rule, "UTC"))).toEqual(["UTC", "UTC", "", "", ""]);
  expect(zoneOf("0 2 * * *", null)).toBe("");
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
