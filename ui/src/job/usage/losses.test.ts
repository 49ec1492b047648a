import { describe, expect, it } from "vitest";
import { frame } from "../../live/frames.fixture";
import { missing } from "./losses";

const counts = { ...frame().counts, accepted: 200, stored: 60 };

describe("words that were accepted and not learned", () => {
  it("are explained", () => {
    expect(missing(frame({ status: "completed", counts: { ...counts, failed: 100, defined: 10 } }))).toBe(
      "Of the accepted words 140 are not learned: 100 given up, 10 with a definition only, 30 not finished.",
    );
    expect(missing(frame({ counts: { ...counts, stored: 199 } }))).toBe(
      "Of the accepted words 1 is still to come.",
    );
  });

  it("are not spoken of where there are none", () => {
    expect(missing(frame({ counts: { ...counts, stored: 200 } }))).toBe("");
  });
});
