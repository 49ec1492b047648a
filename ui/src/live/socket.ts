/**
 * One WebSocket that stays connected:
 * backs off from 1 s to 30 s, resumes by cursor, and knows which closings are for good.
 */

import type { JobFrame } from "./frames";

export type State = "connecting" | "open" | "waiting" | "ended" | "refused";

export const FIRST_WAIT_MS = 1_000;
export const LONGEST_WAIT_MS = 30_000;
/**
 * A running job's frames come every second or so, and a reconciled one at least every dozen;
 * the server's pings cannot be seen from here.
 */
export const SILENCE_MS = 60_000;
/** A connection that held so long was a good one. */
export const STEADY_MS = 5_000;

const ENDED = new Set([1000]);
const REFUSED = new Set([1008, 4401, 4403, 4404]);
/** The cursor is of no use to the server: the next connection begins without one. */
const BAD_CURSOR = 4400;

export interface Options {
  url: (cursor: string | null) => string;
  onFrame: (frame: JobFrame) => void;
  onState: (state: State, detail: { code?: number; retryAt?: number }) => void;
  open?: (url: string) => WebSocket;
  random?: () => number;
}

export class LiveSocket {
  cursor: string | null = null;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #openedAt = 0;
  #isClosed = false;

  constructor(readonly options: Options) {}

  connect(): void {
    if (this.#isClosed || this.#socket) return;
    clearTimeout(this.#timer);
    this.options.onState("connecting", {});
    const open = this.options.open ?? ((url: string) => new WebSocket(url));
    const socket = open(this.options.url(this.cursor));
    this.#socket = socket;
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.#openedAt = Date.now();
      this.options.onState("open", {});
    };
    socket.onmessage = (message: MessageEvent) => {
      if (socket === this.#socket) this.#take(String(message.data));
    };
    socket.onclose = (event: CloseEvent) => {
      if (socket === this.#socket) this.#closed(event.code);
    };
  }

  /** Tries again at once, for example when the page is shown again. */
  hurry(): void {
    if (!this.#isClosed && !this.#socket) this.connect();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #take(text: string): void {
    let frame: JobFrame | null;
    try {
      frame = JSON.parse(text) as JobFrame | null;
    } catch {
      return;
    }
    if (typeof frame?.job_id !== "string" || !Array.isArray(frame.events)) return;
    this.#listen(frame.status === "running");
    this.options.onFrame(frame);
    // after the frame was taken, so that a reconnect asks again for one that was not
    if (frame.cursor) this.cursor = frame.cursor;
  }

  #listen(isTalkative: boolean): void {
    clearTimeout(this.#silence);
    if (!isTalkative) return;
    this.#silence = setTimeout(() => {
      const socket = this.#socket;
      this.#closed(1006);
      socket?.close();
    }, SILENCE_MS);
  }

  #closed(code: number): void {
    this.#socket = null;
    clearTimeout(this.#silence);
    if (this.#isClosed) return;
    if (ENDED.has(code) || REFUSED.has(code)) {
      this.#isClosed = true;
      this.options.onState(ENDED.has(code) ? "ended" : "refused", { code });
      return;
    }
    if (code === BAD_CURSOR) this.cursor = null;
    // not when it opens: a server that accepts and falls down again would be asked every second
    if (this.#openedAt && Date.now() - this.#openedAt > STEADY_MS) this.#failures = 0;
    this.#openedAt = 0;
    const wait = waitMs(this.#failures++, this.options.random ?? Math.random);
    this.#timer = setTimeout(() => this.connect(), wait);
    this.options.onState("waiting", { code, retryAt: Date.now() + wait });
  }
}

/**
 * Doubles from 1 s to 30 s, less up to a half by chance,
 * so that a thousand pages do not come back in one instant.
 */
export function waitMs(failures: number, random: () => number): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 10));
  return longest * (1 - random() / 2);
}
