import { describe, expect, it } from "vitest";
import { offset, visible } from "./windowing";

describe("the drawn rows", () => {
  it("are the visible ones and a few more", () => {
    expect(visible(3200, 320, 32, 20_000, 8)).toEqual({ from: 92, to: 118 });
  });

  it.each([
    [-500, 300, 0, 2],
    [0, 0, 0, 8],
    [1e9, 300, 10, 10],
  ])("from %i and %i high are rows that there are", (top, height, from, to) => {
    expect(visible(top, height, 32, 10, 8)).toEqual({ from, to });
  });

  it("are none in an empty list", () => {
    expect(visible(0, 500, 32, 0)).toEqual({ from: 0, to: 0 });
  });

  it("move down by the extra height of an open row", () => {
    const opened = { index: 3, extra: 100 };
    expect([3, 4, 10].map((index) => offset(index, 32, opened))).toEqual([96, 228, 420]);
    expect(offset(10, 32)).toBe(320);
  });

  it("cover the viewport when a row above is open", () => {
    const opened = { index: 2, extra: 400 };
    const { from, to } = visible(1000, 320, 32, 1000, 0, opened);
    expect(offset(from, 32, opened)).toBeLessThanOrEqual(1000);
    expect(offset(to, 32, opened)).toBeGreaterThanOrEqual(1320);
  });
});
