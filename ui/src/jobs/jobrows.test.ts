import { afterEach, expect, it, vi } from "vitest";
import { frame } from "../live/frames.fixture";
import { JobRows } from "./jobrows.svelte";

const NONE = { status: "", mode: "", since: "" };

function answerWith(...items: unknown[]): void {
  vi.stubGlobal(
    "fetch",
    vi.fn(() => Promise.resolve(Response.json({ items, cursor: null, is_complete: true }))),
  );
}

afterEach(() => vi.unstubAllGlobals());

it("lets a new job wait, so that no row moves", async () => {
  answerWith(frame({ job_id: "old" }));
  const book = new JobRows();
  await book.read(NONE);
  book.take(frame({ job_id: "new", created_at: "2030-01-01T12:01:00Z" }));
  expect(book.rows.map((job) => job.job_id)).toEqual(["old"]);
  book.letIn();
  expect(book.rows.map((job) => job.job_id)).toEqual(["new", "old"]);
});

it("shows the first job at once: there is no row to move", async () => {
  answerWith();
  const book = new JobRows();
  await book.read(NONE);
  book.take(frame({ job_id: "new" }));
  expect(book.rows.map((job) => job.job_id)).toEqual(["new"]);
  expect(book.waiting).toEqual([]);
});
