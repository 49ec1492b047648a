import { afterEach, describe, expect, it, vi } from "vitest";
import { frame } from "../live/frames.fixture";
import { atWork, commonReason, stopAllQueued } from "./queue";

const job = (job_id: string, status: "queued" | "running" | "cancelling" | "failed", minute: number) => ({
  job: frame({ job_id, status, created_at: `2030-01-01T12:0${minute}:00Z` }),
});
const ids = (found: { job: { job_id: string } }[]) => found.map((one) => one.job.job_id);

afterEach(() => void vi.unstubAllGlobals());

describe("jobs at work", () => {
  it("are the running ones, newest first, and the queue, oldest first", () => {
    const all = [
      job("q2", "queued", 5),
      job("r1", "running", 1),
      job("gone", "failed", 2),
      job("q1", "queued", 3),
      job("c", "cancelling", 2),
      job("r2", "running", 4),
    ];
    const found = atWork(all);
    expect([ids(found.running), ids(found.queued)]).toEqual([
      ["r2", "c", "r1"],
      ["q1", "q2"],
    ]);
  });

  it("that were asked for together keep one order", () => {
    const [a, b] = [job("a", "queued", 1), job("b", "queued", 1)];
    expect(ids(atWork([b, a]).queued)).toEqual(ids(atWork([a, b]).queued));
  });
});

describe("the reason that is told once", () => {
  const [slots, late] = [{ text: "slots" }, { text: "late", remedy: "look" }];

  it("is that of most", () => {
    expect(commonReason([slots, late, null, late])).toEqual({ ...late, count: 2 });
    expect(commonReason([slots, slots, late])).toEqual({ ...slots, count: 2 });
  });

  it("is none where no two share one", () => {
    for (const reasons of [[], [null, null], [slots, late], [slots]]) {
      expect(commonReason(reasons)).toBeNull();
    }
  });
});

describe("stopping all queued jobs", () => {
  /** Answers pages of two jobs, and cancels; some fail. */
  function serve(queued: string[], refused: Record<string, number> = {}): string[] {
    const cancelled: string[] = [];
    vi.stubGlobal("fetch", (path: string, { method }: RequestInit) => {
      const url = new URL(path, "http://here");
      if (method === "GET") {
        expect(url.searchParams.get("status")).toBe("queued");
        const from = Number(url.searchParams.get("cursor") ?? 0);
        const items = queued.slice(from, from + 2).map((job_id) => frame({ job_id, status: "queued" }));
        const cursor = from + 2 < queued.length ? String(from + 2) : null;
        return Promise.resolve(Response.json({ items, cursor, is_complete: true }));
      }
      const id = url.pathname.split("/")[2] as string;
      const status = refused[id];
      if (!status) cancelled.push(id);
      const answer = status
        ? Response.json({ detail: "no", status }, { status })
        : Response.json({ job_id: id, drain: true }, { status: 202 });
      return Promise.resolve(answer);
    });
    return cancelled;
  }

  it("reaches those of all pages", async () => {
    const queued = ["a", "b", "c", "d", "e"];
    const cancelled = serve(queued);
    expect(await stopAllQueued()).toEqual({ stopped: 5, problems: [] });
    expect(cancelled.sort()).toEqual(queued);
  });

  it("goes on after one that failed, and takes one that has ended for stopped", async () => {
    serve(["a", "b", "c"], { a: 503, b: 409 });
    expect(await stopAllQueued()).toEqual({ stopped: 1, problems: ["no"] });
  });

  it("of an empty queue does nothing", async () => {
    serve([]);
    expect(await stopAllQueued()).toEqual({ stopped: 0, problems: [] });
  });
});
