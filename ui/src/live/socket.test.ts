import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { JobFrame } from "./frames";
import {
  FIRST_WAIT_MS,
  LiveSocket,
  LONGEST_WAIT_MS,
  SILENCE_MS,
  STEADY_MS,
  waitMs,
  type SocketState,
} from "./socket";

class Line {
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  closedWith: number | undefined;

  constructor(readonly url: string) {}

  close(code?: number): void {
    this.closedWith = code ?? 1005;
  }

  say(frame: Record<string, unknown>): void {
    this.onmessage?.({
      data: JSON.stringify({ job_id: "j", status: "running", events: [], cursor: "", ...frame }),
    });
  }
}

function setUp(onFrame: (frame: JobFrame) => void = () => {}) {
  const lines: Line[] = [];
  const states: SocketState[] = [];
  const socket = new LiveSocket({
    url: (cursor) => `ws://x/ws${cursor ? `?after=${cursor}` : ""}`,
    onFrame,
    onState: (state) => states.push(state),
    open: (url) => {
      lines.push(new Line(url));
      return lines.at(-1) as unknown as WebSocket;
    },
    random: () => 0,
  });
  socket.connect();
  return { socket, lines, states, line: () => lines.at(-1) as Line };
}

describe("a live socket", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("resumes after the cursor of the last frame", () => {
    const { lines, line } = setUp();
    line().onopen?.();
    line().say({ cursor: "a" });
    line().say({ cursor: "b" });
    line().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(FIRST_WAIT_MS);
    expect(lines.map((one) => one.url)).toEqual(["ws://x/ws", "ws://x/ws?after=b"]);
  });

  it("asks again for a frame that could not be handled", () => {
    const { socket, line } = setUp((frame) => {
      if (frame.cursor === "bad") throw new Error("no");
    });
    line().say({ cursor: "good" });
    expect(() => line().say({ cursor: "bad" })).toThrow("no");
    expect(socket.cursor).toBe("good");
  });

  it("ignores messages that are not frames", () => {
    const taken: JobFrame[] = [];
    const { line } = setUp((frame) => void taken.push(frame));
    for (const data of ["", "{", "null", "3", "[]", '{"job_id":1,"events":[]}', '{"job_id":"j"}']) {
      line().onmessage?.({ data });
    }
    expect(taken).toEqual([]);
  });

  it.each([1000])("treats close code %i as the end", (code) => {
    const { lines, states, line } = setUp();
    line().onclose?.({ code });
    vi.advanceTimersByTime(10 * LONGEST_WAIT_MS);
    expect([lines.length, states.at(-1)]).toEqual([1, "ended"]);
  });

  it.each([1008, 4401, 4403, 4404])("does not try again after close code %i", (code) => {
    const { lines, states, line } = setUp();
    line().onclose?.({ code });
    vi.advanceTimersByTime(10 * LONGEST_WAIT_MS);
    expect([lines.length, states.at(-1)]).toEqual([1, "refused"]);
  });

  it.each([1001, 1006, 1011, 1012, 1013])("tries again after close code %i", (code) => {
    const { lines, states, line } = setUp();
    line().onclose?.({ code });
    expect(states.at(-1)).toBe("waiting");
    vi.advanceTimersByTime(FIRST_WAIT_MS);
    expect(lines.length).toBe(2);
  });

  it("begins without a cursor when the server cannot read the one it has", () => {
    const { lines, line } = setUp();
    line().say({ cursor: "old" });
    line().onclose?.({ code: 4400 });
    vi.advanceTimersByTime(FIRST_WAIT_MS);
    expect(lines.at(-1)?.url).toBe("ws://x/ws");
  });

  it("backs off while connections close at once, and resets after a steady one", () => {
    const { lines, line } = setUp();
    for (const wait of [1000, 2000, 4000]) {
      line().onopen?.();
      line().onclose?.({ code: 1006 });
      vi.advanceTimersByTime(wait - 1);
      const before = lines.length;
      vi.advanceTimersByTime(1);
      expect(lines.length).toBe(before + 1);
    }
    line().onopen?.();
    vi.advanceTimersByTime(STEADY_MS + 1);
    line().onclose?.({ code: 1006 });
    const before = lines.length;
    vi.advanceTimersByTime(FIRST_WAIT_MS);
    expect(lines.length).toBe(before + 1);
  });

  it("drops a socket on which a running job went silent, and leaves a quiet one alone", () => {
    const { lines, line } = setUp();
    line().onopen?.();
    vi.advanceTimersByTime(3 * SILENCE_MS);
    line().say({ status: "completed" });
    vi.advanceTimersByTime(3 * SILENCE_MS);
    expect(lines.length).toBe(1);
    line().say({ status: "running" });
    vi.advanceTimersByTime(SILENCE_MS + FIRST_WAIT_MS);
    expect([lines.length, lines[0]?.closedWith]).toEqual([2, 1005]);
  });

  it("ignores a socket that it dropped", () => {
    const taken: JobFrame[] = [];
    const { socket, lines } = setUp((frame) => void taken.push(frame));
    const old = lines[0] as Line;
    old.onclose?.({ code: 1006 });
    socket.hurry();
    old.say({ cursor: "late" });
    old.onclose?.({ code: 1000 });
    expect([taken, lines.length, socket.cursor]).toEqual([[], 2, null]);
  });

  it("is silent after it was closed", () => {
    const { socket, lines, states, line } = setUp();
    socket.close();
    line().onclose?.({ code: 1006 });
    socket.hurry();
    vi.advanceTimersByTime(10 * LONGEST_WAIT_MS);
    expect([lines.length, states, line().closedWith]).toEqual([1, ["connecting"], 1000]);
  });
});

describe("the wait between attempts", () => {
  it("doubles up to half a minute and is at least half of that", () => {
    expect([0, 1, 2, 5, 50].map((failures) => waitMs(failures, () => 0))).toEqual([
      1000, 2000, 4000, 30_000, 30_000,
    ]);
    expect(waitMs(5, () => 1)).toBe(15_000);
  });
});
