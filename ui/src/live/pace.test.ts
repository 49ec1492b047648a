import { describe, expect, it } from "vitest";
import { History } from "./history";
import { newestWords, perSecond, wordsAMinute } from "./pace";
import { event, frame, START } from "./frames.fixture";

function stored(count: number, second: number) {
  const at = new Date(START + second * 1000).toISOString();
  return frame({ sent_at: at, total_tokens: count, counts: { ...frame().counts, stored: count } });
}

describe("the pace", () => {
  it("is measured over the last dozen seconds of the server's clock", () => {
    const history = new History();
    for (let second = 0; second <= 60; second++) history.take(stored(second < 40 ? 0 : (second - 40) * 50, second), second * 7);
    const samples = history.get("j")?.samples ?? [];
    expect(perSecond(samples, (sample) => sample.stored)).toBe(50);
    expect(samples.length).toBeLessThan(16);
  });

  it("is unknown from one frame alone, and begins anew when a retry counts again", () => {
    const history = new History();
    history.take(stored(10, 1));
    expect(perSecond(history.get("j")?.samples ?? [], (sample) => sample.stored)).toBeNull();
    history.take(stored(110, 2));
    history.take({ ...stored(20, 3), attempt: 2 });
    expect(history.get("j")?.samples.map((sample) => sample.stored)).toEqual([20]);
  });

  it("is nothing while a job waits to be run again", () => {
    const history = new History();
    for (const second of [0, 2, 4, 6]) history.take(stored(second * 20, second));
    history.take({ ...stored(120, 7), status: "queued" });
    history.take({ ...stored(120, 14), attempt: 2 });
    expect(perSecond(history.get("j")?.samples ?? [], (sample) => sample.stored)).toBeNull();
  });

  it("is not told in the first seconds, when one batch more or less is all there is", () => {
    const history = new History();
    const now = () => perSecond(history.get("j")?.samples ?? [], (sample) => sample.stored);
    const told = [0, 1, 2, 3, 4].map((second) => (history.take(stored(second * 20, second)), now()));
    expect(told).toEqual([null, null, null, null, 20]);
  });

  it("over a job's life has nothing where nothing was learned", () => {
    const events = [event("a", 0), event("b", 4), event("b2", 21, { words: ["c", "d"] }), event("x", 22, { kind: "word.rejected" })];
    expect(wordsAMinute(events).words).toEqual([0, 24, 0, 0, 0]);
    expect(wordsAMinute([])).toEqual({ at: [], words: [] });
  });

  it("is drawn in bounded space, whatever the clocks said", () => {
    const { at, words } = wordsAMinute([event("a", 0), event("b", 10_000_000)]);
    expect([at.length, words.length]).toEqual([9_999, 9_999]);
  });

  it("shows the newest words first", () => {
    expect(newestWords([event("a", 1, { words: ["a", "b"] }), event("r", 2, { kind: "round.proposed" }), event("c", 3, { words: ["c", "b", "d"] })], 3)).toEqual(["d", "b", "c"]);
  });
});
