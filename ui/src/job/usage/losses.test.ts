import { describe, expect, it } from "vitest";
import { frame } from "../../live/frames.fixture";
import { missing } from "./losses";

const counts = { ...frame().counts, accepted: 200, stored: 60 };

describe("accepted words that were not learned", () => {
  it("are explained", () => {
    expect(missing(frame({ status: "completed", counts: { ...counts, failed: 100, defined: 10 } }))).toBe(
      "140 accepted words are not learned: 100 failed, 10 with only a definition, 30 not finished.",
    );
    expect(missing(frame({ counts: { ...counts, stored: 199 } }))).toBe("1 accepted word is in progress.");
  });

  it("are not mentioned if there are none", () => {
    expect(missing(frame({ counts: { ...counts, stored: 200 } }))).toBe("");
  });
});
