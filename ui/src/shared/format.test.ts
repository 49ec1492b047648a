import { expect, it } from "vitest";
import { bytes, relative } from "./format";

const NOW = Date.parse("2030-03-10T12:00:00Z");
const at = (seconds: number) => relative(new Date(NOW + seconds * 1000).toISOString(), NOW);
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

it.each([
  [0, "just now"],
  [3, "just now"],
  [-30, "just now"],
  [-45, "1 min ago"],
  [-4 * MINUTE, "4 min ago"],
  [-59 * MINUTE, "59 min ago"],
  [-59.8 * MINUTE, "1 h ago"],
  [-HOUR, "1 h ago"],
  [-23.9 * HOUR, "23 h ago"],
  [-DAY, "1 day ago"],
  [-6.5 * DAY, "6 days ago"],
  [-7 * DAY, "3 Mar 2030"],
  [-80 * DAY, "20 Dec 2029"],
  [20, "in a moment"],
  [5 * MINUTE, "in 5 min"],
  [7 * HOUR, "in 7 h"],
  [3 * DAY, "in 3 days"],
])("a moment %s seconds away is told as %s", (seconds, text) => {
  expect(at(seconds)).toBe(text);
});

it.each([
  [0, "0 kB"],
  [840, "0.8 kB"],
  [4096, "4.1 kB"],
  [999_949, "1,000 kB"],
  [999_950, "1 MB"],
  [12_340_000, "12.3 MB"],
  [512_000_000, "512 MB"],
  [1_234_000_000, "1.2 GB"],
])("%s bytes are told as %s", (value, text) => {
  expect(bytes(value)).toBe(text);
});
