import { describe, expect, it } from "vitest";
import { whyWaiting } from "./waiting";

const waiting = (code: string, params: Record<string, unknown> = {}) =>
  whyWaiting({ status: "queued", reason: { code, params } as never });

describe("why a job waits", () => {
  it("comes with a remedy", () => {
    expect(waiting("pool_paused", { pool: "learning" })).toEqual({
      text: "Work pool “learning” is paused.",
      remedy: "Resume it in Prefect.",
    });
    expect(waiting("no_worker", { pool: "learning" })?.text).toBe(
      "No worker is online for work pool “learning”.",
    );
    expect(waiting("slots_taken")?.remedy).toBeUndefined();
  });

  it("is null for a started job, without a reason, and for an unknown code", () => {
    const reason = { code: "late", params: { pool: "learning" } } as never;
    expect(whyWaiting({ status: "running", reason })).toBeNull();
    expect(whyWaiting({ status: "queued", reason: null })).toBeNull();
    expect(waiting("something_new")).toBeNull();
  });
});
