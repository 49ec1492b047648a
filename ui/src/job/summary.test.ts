import { describe, expect, it } from "vitest";
import { frame, START } from "../live/frames.fixture";
import { reasonOf, took } from "./summary";

const counts = { ...frame().counts, accepted: 200, stored: 60 };
const ended = {
  started_at: "2030-01-01T12:00:00Z",
  finished_at: "2030-01-01T12:00:13Z",
  end_reason: "stopped" as const,
  counts,
};

describe("a job that was started again", () => {
  it.each(["queued", "running", "cancelling"] as const)(
    "and is %s shows nothing of its old end",
    (status) => {
      const job = frame({ ...ended, status });
      expect([reasonOf(job), took(job, START + 60_000)]).toEqual([null, 60]);
    },
  );
});

describe("the reason of an end", () => {
  it.each([
    ["completed", "stopped", "stopped early"],
    ["completed", "all done", "all done"],
    ["completed", "time limit", "time is up"],
    ["cancelled", "stopped", null],
    ["failed", "failed", null],
  ] as const)("%s by %s is told as %s", (status, end_reason, told) => {
    expect(reasonOf(frame({ ...ended, status, end_reason }))).toBe(told);
  });

  it("is that there was nothing new where nothing was learned", () => {
    expect(reasonOf(frame({ status: "completed", end_reason: "all done" }))).toBe("no new words");
  });

  it("does not count the time in which it lay between two attempts", () => {
    expect(
      took(
        frame({
          ...ended,
          status: "completed",
          attempt: 2,
          active_seconds: 20.5,
          finished_at: "2030-01-01T12:04:40Z",
        }),
        START + 400_000,
      ),
    ).toBe(20.5);
    expect(took(frame({ ...ended, status: "running", attempt: 2, active_seconds: 7 }), START + 400_000)).toBe(
      7,
    );
    expect(took(frame({ ...ended, status: "running", active_seconds: 7 }), START + 8_000)).toBe(8);
  });

  it("leaves the time that it took as it was", () => {
    expect(took(frame({ ...ended, status: "completed" }), START + 60_000)).toBe(13);
  });
});
