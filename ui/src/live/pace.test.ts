import { describe, expect, it } from "vitest";
import { event, frame, START } from "./frames.fixture";
import { FrameHistory } from "./history";
import { newestWords, perSecond, wordsAMinute } from "./pace";

function stored(count: number, second: number) {
  const at = new Date(START + second * 1000).toISOString();
  return frame({ sent_at: at, total_tokens: count, counts: { ...frame().counts, stored: count } });
}

describe("the pace", () => {
  it("is measured over the last dozen seconds of the server's clock", () => {
    const history = new FrameHistory();
    for (let second = 0; second <= 60; second++) {
      history.take(stored(second < 40 ? 0 : (second - 40) * 50, second), second * 7);
    }
    const samples = history.get("j")?.samples ?? [];
    expect(perSecond(samples, (sample) => sample.stored)).toBe(50);
    expect(samples.length).toBeLessThan(30);
  });

  it("is unknown from a single frame, and restarts with a retry", () => {
    const history = new FrameHistory();
    history.take(stored(10, 1));
    expect(perSecond(history.get("j")?.samples ?? [], (sample) => sample.stored)).toBeNull();
    history.take(stored(110, 2));
    history.take({ ...stored(20, 3), attempt: 2 });
    expect(history.get("j")?.samples.map((sample) => sample.stored)).toEqual([20]);
  });

  it("is null while a job waits for a retry", () => {
    const history = new FrameHistory();
    for (const second of [0, 2, 4, 6]) history.take(stored(second * 20, second));
    history.take({ ...stored(120, 7), status: "queued" });
    history.take({ ...stored(120, 14), attempt: 2 });
    expect(perSecond(history.get("j")?.samples ?? [], (sample) => sample.stored)).toBeNull();
  });

  it("is unknown in the first seconds, when one batch decides it", () => {
    const history = new FrameHistory();
    const now = () => perSecond(history.get("j")?.samples ?? [], (sample) => sample.stored);
    const told = [0, 1, 2, 3, 4, 5].map((second) => (history.take(stored(second * 20, second)), now()));
    expect(told).toEqual([null, null, null, null, null, 20]);
  });

  it("is measured from batch to batch when batches are rare, without flicker", () => {
    const history = new FrameHistory();
    const told: (number | null)[] = [];
    // a batch of 20 words every 25 seconds or so
    const batches = [20, 43, 70, 95, 122, 146, 170, 194];
    for (let second = 0; second <= 200; second++) {
      history.take(stored(20 * batches.filter((at) => at <= second).length, second), second * 1000);
      told.push(perSecond(history.get("j")?.samples ?? [], (sample) => sample.stored));
    }
    expect(told.slice(0, 43).every((pace) => pace === null)).toBe(true);
    for (const pace of told.slice(43)) expect((pace as number) * 60).toBeGreaterThan(40);
    for (const pace of told.slice(43)) expect((pace as number) * 60).toBeLessThan(56);
    expect(history.get("j")?.samples.length).toBeLessThan(30);
  });

  it("drops to 0 when a job stalls, sooner for a fast job than for a slow one", () => {
    const stands = (every: number, lastAt: number) => {
      const history = new FrameHistory();
      for (let second = 0; second <= 400; second++) {
        history.take(stored(20 * Math.floor(Math.min(second, lastAt) / every), second), second * 1000);
        if (second > lastAt && perSecond(history.get("j")?.samples ?? [], (sample) => sample.stored) === 0) {
          return second - lastAt;
        }
      }
      return Infinity;
    };
    expect(stands(1, 60)).toBeLessThan(15);
    expect(stands(25, 200)).toBeGreaterThan(50);
    expect(stands(25, 200)).toBeLessThan(130);
  });

  it("is drawn in intervals of about two batches", () => {
    const events = Array.from({ length: 12 }, (_, n) =>
      event(`b${n}`, n * 25, { words: Array.from({ length: 20 }, (_, w) => `${n}-${w}`) }),
    );
    const { at, words } = wordsAMinute(events);
    expect((at[1] as number) - (at[0] as number)).toBe(60);
    expect(Math.max(...words)).toBeLessThanOrEqual(60);
    expect(Math.min(...words.slice(1))).toBeGreaterThanOrEqual(40);
    expect((wordsAMinute(Array.from({ length: 50 }, (_, n) => event(`c${n}`, n))).at[1] as number) % 5).toBe(
      0,
    );
  });

  it("is 0 over a job's lifetime where nothing was learned", () => {
    const events = [
      event("a", 0),
      event("b", 4),
      event("b2", 21, { words: ["c", "d"] }),
      event("x", 22, { kind: "word.rejected" }),
    ];
    expect(wordsAMinute(events, 5).words).toEqual([0, 24, 0, 0, 0]);
    expect(wordsAMinute([])).toEqual({ at: [], words: [] });
  });

  it("is bounded in length, whatever the clocks say", () => {
    const { at, words } = wordsAMinute([event("a", 0), event("b", 10_000_000)], 5);
    expect([at.length, words.length]).toEqual([9_999, 9_999]);
  });

  it("shows the newest words first", () => {
    expect(
      newestWords(
        [
          event("a", 1, { words: ["a", "b"] }),
          event("r", 2, { kind: "round.proposed" }),
          event("c", 3, { words: ["c", "b", "d"] }),
        ],
        3,
      ),
    ).toEqual(["d", "b", "c"]);
  });
});
