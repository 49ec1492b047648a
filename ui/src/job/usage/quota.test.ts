import { expect, test } from "vitest";
import { tightest } from "./quota";

const of = (
  model: string,
  bound: "requests_per_minute" | "tokens_per_minute" | "requests_per_day" | "tokens_per_day",
  left: number,
) => ({ model, bound, left, limit: 100 });

test("the tightest limits per minute and per day are shown for each model", () => {
  const quota = [
    of("a", "requests_per_minute", 90),
    of("a", "tokens_per_minute", 20),
    of("a", "requests_per_day", 50),
    of("b", "tokens_per_day", 0),
    of("b", "requests_per_day", 1),
  ];
  expect(tightest(quota).map((one) => `${one.model} ${one.bound}`)).toEqual([
    "a tokens_per_minute",
    "a requests_per_day",
    "b tokens_per_day",
  ]);
  expect(tightest([])).toEqual([]);
});
