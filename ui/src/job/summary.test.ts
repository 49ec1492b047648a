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

describe("a retried job", () => {
  it.each(["queued", "running", "cancelling"] as const)("shows nothing of its old end while %s", (status) => {
    const job = frame({ ...ended, status });
    expect([reasonOf(job), took(job, START + 60_000)]).toEqual([null, 60]);
  });
});

describe("the end reason", () => {
  it.each([
    ["completed", "stopped", "stopped early"],
    ["completed", "all done", "all done"],
    ["completed", "time limit", "time is up"],
    ["cancelled", "stopped", null],
    ["failed", "failed", null],
  ] as const)("%s by %s is told as %s", (status, end_reason, told) => {
    expect(reasonOf(frame({ ...ended, status, end_reason }))).toBe(told);
  });

  it("says that nothing was new if nothing was learned", () => {
    expect(reasonOf(frame({ status: "completed", end_reason: "all done" }))).toBe("no new words");
  });

  it("does not count the time between attempts", () => {
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

  it("keeps its duration", () => {
    expect(took(frame({ ...ended, status: "completed" }), START + 60_000)).toBe(13);
  });
});
