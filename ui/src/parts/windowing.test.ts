import { describe, expect, it } from "vitest";
import { visible } from "./windowing";

describe("the rows that are drawn", () => {
  it("are those that show and a few more", () => {
    expect(visible(3200, 320, 32, 20_000, 8)).toEqual({ from: 92, to: 118 });
  });

  it.each([[-500, 300, 0, 2], [0, 0, 0, 8], [1e9, 300, 10, 10]])("from %i and %i high are rows that there are", (top, height, from, to) => {
    expect(visible(top, height, 32, 10, 8)).toEqual({ from, to });
  });

  it("of an empty list are none", () => {
    expect(visible(0, 500, 32, 0)).toEqual({ from: 0, to: 0 });
  });
});
