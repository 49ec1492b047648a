import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Backlog } from "./backlog";
import type { JobEvent } from "../api/types";
import { event } from "./frames.fixture";

/** A log on a server: cursors are positions in it, and a page has at most 200 events. */
let log: JobEvent[] = [];
let asked: string[] = [];
let failures = 0;

function answer(path: string): Response {
  const query = new URL(path, "http://here").searchParams;
  asked.push(query.toString());
  if (failures > 0 && failures--) return new Response("{}", { status: 503 });
  const limit = Number(query.get("limit"));
  const isFromEnd = query.get("newest") === "true";
  const end = isFromEnd ? Number(query.get("before") ?? log.length) : log.length;
  const from = isFromEnd ? Math.max(0, end - limit) : Number(query.get("after") ?? 0);
  const items = log.slice(from, isFromEnd ? end : from + limit);
  return Response.json({
    items,
    cursor: String(from + items.length),
    older: from > 0 && items.length ? String(from) : null,
    has_more: from + items.length < log.length,
    is_complete: true,
  });
}

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => event(`e${from + index}`, from + index));

function reading(known?: Pick<Backlog, "cursor" | "older">) {
  const parts: { ids: string[]; isLast: boolean }[] = [];
  const onPart = (events: readonly JobEvent[], isLast: boolean) =>
    parts.push({ ids: events.map((one) => one.id), isLast });
  const reader = { onPart, onProblem: vi.fn() };
  return { parts, reader, backlog: new Backlog("j", new AbortController().signal, reader, known) };
}

beforeEach(() => {
  log = lines(0, 4_547);
  asked = [];
  failures = 0;
  vi.stubGlobal("fetch", (path: string) => Promise.resolve(answer(path)));
});
afterEach(() => void vi.unstubAllGlobals());

it("the newest events come with the first answer, whatever the length of the log", async () => {
  const { backlog, parts } = reading();
  await backlog.catchUp();
  expect(asked).toHaveLength(1);
  expect([parts[0]?.ids.at(0), parts[0]?.ids.at(-1), parts[0]?.isLast]).toEqual(["e4347", "e4546", true]);
});

it("what happens later is read from there, and nothing twice", async () => {
  const { backlog, parts } = reading();
  await backlog.catchUp();
  log.push(...lines(4_547, 5_000));
  await backlog.catchUp();
  expect(parts.slice(1).flatMap((part) => part.ids)).toEqual(lines(4_547, 5_000).map((one) => one.id));
  expect(parts.map((part) => part.isLast)).toEqual([true, false, false, true]);
});

it("earlier events are read on demand, back to the first", async () => {
  const { backlog, parts } = reading();
  await backlog.catchUp();
  while (backlog.older !== null) await backlog.readOlder();
  expect(parts.reverse().flatMap((part) => part.ids)).toEqual(log.map((one) => one.id));
  const before = asked.length;
  await backlog.readOlder();
  expect(asked).toHaveLength(before);
});

it("a page that could not be read is read at the next demand", async () => {
  const { backlog, parts } = reading();
  await backlog.catchUp();
  failures = 1;
  expect([await backlog.readOlder(), await backlog.readOlder()]).toEqual([false, true]);
  expect(parts[1]?.ids.at(-1)).toBe("e4346");
});

it("following the same job again leaves no hole", async () => {
  const first = reading();
  await first.backlog.catchUp();
  log.push(...lines(4_547, 5_500));
  const second = reading(first.backlog);
  await second.backlog.catchUp();
  await second.backlog.readOlder();
  expect(second.parts.at(0)?.ids.at(0)).toBe("e4547");
  expect(second.parts.at(-1)?.ids.at(-1)).toBe("e4346");
});

it("a log without events is known at once", async () => {
  log = [];
  const { backlog, parts } = reading();
  await backlog.catchUp();
  expect([parts, backlog.older]).toEqual([[{ ids: [], isLast: true }], null]);
});
