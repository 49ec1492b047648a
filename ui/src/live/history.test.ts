import { describe, expect, it } from "vitest";
import { event, frame, START } from "./frames.fixture";
import { FrameHistory, isOlder, secondsLeft } from "./history";

const ids = (history: FrameHistory) => history.get("j")?.events.map((one) => one.id);
const sent = (second: number) => new Date(START + second * 1000).toISOString();

describe("events", () => {
  it("are the same whatever the order of the frames", () => {
    const parts = [
      frame({ events: [event("a", 1), event("b", 2)] }),
      frame({ events: [event("c", 3)] }),
      frame({ events: [event("d", 4)] }),
    ];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
      [1, 2, 0],
    ]) {
      const history = new FrameHistory();
      for (const index of order) history.take(parts[index] as (typeof parts)[number]);
      expect(ids(history)).toEqual(["a", "b", "c", "d"]);
    }
  });

  it("are reported once, however often they arrive", () => {
    const history = new FrameHistory();
    expect(history.take(frame({ events: [event("a"), event("a")] })).map((one) => one.id)).toEqual(["a"]);
    expect(history.take(frame({ events: [event("a"), event("b", 1)] })).map((one) => one.id)).toEqual(["b"]);
    history.fill("j", [event("b", 1), event("c", 2)], { isWhole: true });
    expect(ids(history)).toEqual(["a", "b", "c"]);
  });

  it("with the same time keep one order", () => {
    const history = new FrameHistory();
    history.take(frame({ events: [event("b")] }));
    history.take(frame({ events: [event("a")] }));
    expect(ids(history)).toEqual(["a", "b"]);
  });

  it("are cut to the newest, and the ids of the others are forgotten", () => {
    const history = new FrameHistory(3);
    history.take(frame({ events: [1, 2, 3, 4, 5].map((second) => event(`e${second}`, second)) }));
    expect(ids(history)).toEqual(["e3", "e4", "e5"]);
    expect(history.take(frame({ events: [event("e1", 1)] })).length).toBe(1);
    expect(ids(history)).toEqual(["e3", "e4", "e5"]);
  });

  it("are separate for each job", () => {
    const history = new FrameHistory();
    history.take(frame({ events: [event("a")] }));
    history.take(frame({ job_id: "k", events: [event("a")] }));
    expect(history.jobs.map((seen) => seen.events.length)).toEqual([1, 1]);
  });
});

describe("a gap", () => {
  it("is known until all of it has been read", () => {
    const history = new FrameHistory();
    history.take(frame({ gap: true, events: [event("z", 9)] }));
    history.take(frame());
    expect(history.get("j")?.hasGap).toBe(true);
    history.fill("j", [event("x", 7)], { isWhole: false });
    expect(history.get("j")?.hasGap).toBe(true);
    history.fill("j", [event("y", 8)], { isWhole: true });
    expect([history.get("j")?.hasGap, ids(history)]).toEqual([false, ["x", "y", "z"]]);
  });

  it("of an unknown job is ignored", () => {
    const history = new FrameHistory();
    history.fill("j", [event("a")], { isWhole: true });
    expect(history.get("j")).toBeUndefined();
  });
});

describe("the status", () => {
  it("comes from the frame sent last, not the one received last", () => {
    const history = new FrameHistory();
    history.take(frame({ sent_at: sent(5), progress: 50 }));
    history.take(frame({ sent_at: sent(4), progress: 40, events: [event("late", 4)] }));
    expect([history.get("j")?.job.progress, ids(history)]).toEqual([50, ["late"]]);
  });

  it("moves on after a retry and never back", () => {
    const ended = frame({ status: "failed", progress: 60, total_tokens: 200 });
    const again = frame({ status: "running", progress: 60, total_tokens: 200, attempt: 2 });
    expect([isOlder(again, ended), isOlder(ended, again)]).toEqual([false, true]);
  });

  it("without a clock comes from the frame with more progress", () => {
    expect(isOlder(frame({ total_tokens: 10 }), frame({ total_tokens: 20 }))).toBe(true);
    expect(
      isOlder(frame({ status: "running", progress: 90 }), frame({ status: "completed", progress: 100 })),
    ).toBe(true);
    expect(
      isOlder(frame({ status: "completed", progress: 100 }), frame({ status: "running", progress: 90 })),
    ).toBe(false);
  });
});

describe("the time left", () => {
  it("counts down from the server's figure, whatever our clock says", () => {
    for (const skew of [-3_600_000, 0, 3_600_000]) {
      const history = new FrameHistory();
      const here = START + skew;
      history.take(frame({ remaining_seconds: 90, sent_at: sent(0) }), here);
      const seen = history.get("j");
      expect(seen?.skewMs).toBe(0 - skew);
      expect(seen && secondsLeft(seen, here + 30_000)).toBe(60);
      expect(seen && secondsLeft(seen, here + 200_000)).toBe(0);
      expect(seen && secondsLeft(seen, here - 5_000)).toBe(90);
    }
  });

  it("is unchanged by a late frame", () => {
    const history = new FrameHistory();
    history.take(frame({ remaining_seconds: 50, sent_at: sent(10) }), START);
    history.take(frame({ remaining_seconds: 55, sent_at: sent(5) }), START + 4_000);
    const seen = history.get("j");
    expect(seen && secondsLeft(seen, START + 10_000)).toBe(40);
  });

  it("is null for a job without a deadline, or after its end", () => {
    const history = new FrameHistory();
    history.take(frame());
    history.take(frame({ job_id: "k", status: "completed", remaining_seconds: 5 }));
    expect(history.jobs.map((seen) => secondsLeft(seen))).toEqual([null, null]);
  });
});
