/**
 * A WebSocket that reconnects:
 * backs off from 1 s to 30 s, resumes by cursor, and knows which close codes are final.
 */

import type { JobFrame } from "./frames";

export type SocketState = "connecting" | "open" | "waiting" | "ended" | "refused";

export const FIRST_WAIT_MS = 1_000;
export const LONGEST_WAIT_MS = 30_000;
/**
 * Silence after which a running job's socket counts as dead.
 * Frames arrive about every second, at least every 12 s; the server's pings are invisible here.
 */
export const SILENCE_MS = 60_000;
/** A connection that lasted this long resets the back-off. */
export const STEADY_MS = 5_000;

const ENDED = new Set([1000]);
const REFUSED = new Set([1008, 4401, 4403, 4404]);
/** The server cannot use the cursor: the next connection starts without one. */
const BAD_CURSOR = 4400;

export interface Options {
  url: (cursor: string | null) => string;
  onFrame: (frame: JobFrame) => void;
  onState: (state: SocketState, detail: { code?: number; retryAt?: number }) => void;
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

  /** Reconnects at once, for example when the page becomes visible. */
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
    // after the frame was handled, so that a reconnect asks again for one that was not
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
    // not when it opens: a server that accepts and then fails would be retried every second
    if (this.#openedAt && Date.now() - this.#openedAt > STEADY_MS) this.#failures = 0;
    this.#openedAt = 0;
    const wait = waitMs(this.#failures++, this.options.random ?? Math.random);
    this.#timer = setTimeout(() => this.connect(), wait);
    this.options.onState("waiting", { code, retryAt: Date.now() + wait });
  }
}

/**
 * Doubles from 1 s to 30 s, minus a random share of up to half,
 * so that a thousand pages do not reconnect at once.
 */
export function waitMs(failures: number, random: () => number): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 10));
  return longest * (1 - random() / 2);
}
