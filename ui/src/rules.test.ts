import { expect, it } from "vitest";
import { inWords } from "./rules";

it.each([
  ["0 2 * * *", "every day at 02:00"],
  ["30 14 * * 1", "every Monday at 14:30"],
  ["0 6 * * 1-5", "Monday to Friday at 06:00"],
  ["5 * * * *", "every hour, at 05 past"],
  ["*/15 * * * *", "every 15 minutes"],
  ["1 day, 0:00:00", "every day"],
  ["2:30:00", "every 150 minutes"],
  ["6:00:00", "every 6 hours"],
])("the rule %s is %s", (rule, words) => {
  expect(inWords(rule)).toBe(words);
});

it.each(["0 2 1 * *", "0 2 * 6 *", "0 2,14 * * *", "FREQ=DAILY;BYHOUR=2", "", "0:00:00"])("the rule %s stands as it is", (rule) => {
  expect(inWords(rule)).toBeNull();
});
