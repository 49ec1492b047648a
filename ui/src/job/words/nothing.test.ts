import { describe, expect, it } from "vitest";
import { frame } from "../../live/frames.fixture";
import { whyNothing } from "./nothing";

const NONE = "It learned no new words.";
const none = { ...frame().counts, rounds: 1 };
const why = (more: Partial<typeof none>, end_reason: ReturnType<typeof frame>["end_reason"] = "all done") =>
  whyNothing(frame({ status: "completed", end_reason, counts: { ...none, ...more } }));

describe("a job that learned nothing says why", () => {
  it.each([
    [{}, "It had no words to learn."],
    [
      { proposed: 1, valid: 1 },
      `${NONE} The proposed word was already known, or another form or spelling of a known word.`,
    ],
    [{ proposed: 2 }, `${NONE} Both proposed words were not usable words.`],
    [
      { proposed: 5, valid: 4, unseen: 3, accepted: 2, failed: 2 },
      `${NONE} Of 5 proposed words, 1 was not a usable word, 1 was already known, or another form` +
        " or spelling of a known word, 1 was left for later or for another job and 2 were given up.",
    ],
    [
      { proposed: 3, valid: 3, unseen: 3, accepted: 3, failed: 1, defined: 1 },
      `${NONE} Of 3 proposed words, 1 was given up, 1 was only defined and 1 was not finished.`,
    ],
  ])("%j", (counts, text) => {
    expect(why(counts)).toBe(text);
  });

  it.each([
    ["time limit", "Time ran out before it learned a word."],
    ["quota used up", "The model's quota ran out before it learned a word."],
    ["stopped", "It was stopped before it learned a word."],
    ["nothing new", "It had no words to learn."],
  ] as const)("%s", (reason, text) => {
    expect(why({}, reason)).toBe(text);
  });

  it("also after a cancellation", () => {
    expect(whyNothing(frame({ status: "cancelled", end_reason: "stopped", counts: none }))).toContain(
      "stopped",
    );
  });

  it("and nothing of the kind while it runs, after a failure, or with words", () => {
    expect(why({ proposed: 1, valid: 1, unseen: 1, accepted: 1, stored: 1 })).toBe("");
    for (const status of ["queued", "running", "cancelling", "failed"] as const) {
      expect(whyNothing(frame({ status, counts: none }))).toBe("");
    }
  });
});
