import { expect, it } from "vitest";
import { marks } from "./marks";

it.each([
  [
    [0, 5],
    ["0", "5"],
  ],
  [
    [0, 2_500, 5_000],
    ["0", "2,500", "5,000"],
  ],
  [
    [0, 5_000, 10_000, 12_500],
    ["0", "5k", "10k", "12.5k"],
  ],
  [
    [0, 500_000, 1_000_000],
    ["0", "0.5m", "1m"],
  ],
  [[], []],
])("%j is written in one notation", (numbers, texts) => {
  expect(marks(numbers)).toEqual(texts);
});
