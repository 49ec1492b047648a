/** The reactive skin: one socket for the page, either of all jobs or of one, and what came over it. */

import { Problem, readEvents, readJob } from "../api/client";
import { FINAL, frameOf, type JobFrame } from "./frames";
import { History, type Seen } from "./history";
import { LiveSocket, waitMs, type State } from "./socket";

/** At most ten paints a second. */
export const FLUSH_MS = 100;
/** Before a lost connection is spoken of. */
export const PATIENCE_MS = 5_000;
const STEADY_MS = 1_000;
const EVENTS_OF_ALL = 100;
/** After the end of a job that is looked at: someone may have it run again. */
const LOOK_AGAIN_MS = [3_000, 10_000, 30_000];

export class Live {
  state = $state<State>("connecting");
  /** Whether the connection has been lost for so long that people should know. */
  isPaused = $state(false);
  /** Grows with each connection: lists read over HTTP are out of date then. */
  openings = $state(0);
  /** Why the job that is followed cannot be read. */
  problem = $state.raw<Problem | undefined>();
  /** Whether the log of the job that is followed is read to its end. */
  isWhole = $state(false);
  #version = $state(0);
  #history = new History();
  #watched: string | null | undefined;
  #socket: LiveSocket | null = null;
  #reading: AbortController | null = null;
  #buffer: JobFrame[] = [];
  #flush: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #steady: ReturnType<typeof setTimeout> | undefined;
  #looks: ReturnType<typeof setTimeout>[] = [];
  #hearers = new Set<(frame: JobFrame) => void>();

  constructor() {
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") return;
      this.#socket?.hurry();
      void this.#lookAgain();
    });
    window.addEventListener("online", () => this.#socket?.hurry());
  }

  seen(jobId: string): Seen | undefined {
    void this.#version;
    return this.#history.get(jobId);
  }

  get all(): Seen[] {
    void this.#version;
    return this.#history.jobs;
  }

  /** Calls a function with every frame; answers how to end that. */
  hear(call: (frame: JobFrame) => void): () => void {
    this.#hearers.add(call);
    return () => this.#hearers.delete(call);
  }

  watchAll(): void {
    if (this.#watched === null) return;
    this.#begin(null, new History(EVENTS_OF_ALL));
    this.#connect("/ws/jobs", null);
  }

  /** Reads one job and all of its log, then follows it; again from the start when it is followed already. */
  async follow(jobId: string): Promise<void> {
    this.#begin(jobId, this.#watched === jobId ? this.#history : new History());
    const reading = (this.#reading = new AbortController());
    for (let failures = 0; !reading.signal.aborted; failures++) {
      try {
        const cursor = await this.#catchUp(jobId, null, reading.signal);
        this.problem = undefined;
        this.#noteState("connecting");
        this.#connect(`/ws/jobs/${jobId}`, cursor);
        return;
      } catch (error) {
        if (reading.signal.aborted || !(error instanceof Problem)) return;
        this.problem = error;
        if (error.isLasting) return;
        this.#noteState("waiting");
        await new Promise((resolve) => setTimeout(resolve, waitMs(failures, Math.random)));
      }
    }
  }

  again(): void {
    const watched = this.#watched;
    this.#watched = undefined;
    if (watched) void this.follow(watched);
    else this.watchAll();
  }

  take(frame: JobFrame): void {
    this.#buffer.push(frame);
    this.#flush ??= setTimeout(() => this.#deliver(), FLUSH_MS);
  }

  #begin(watched: string | null, history: History): void {
    this.#socket?.close();
    this.#reading?.abort();
    this.#looks.splice(0).forEach(clearTimeout);
    this.#buffer = [];
    this.#watched = watched;
    this.#history = history;
    this.problem = undefined;
    this.isWhole = false;
    this.#version++;
  }

  async #catchUp(jobId: string, after: string | null, signal: AbortSignal): Promise<string> {
    this.take(frameOf(await readJob(jobId, signal)));
    for (let cursor = after; ; ) {
      const part = await readEvents(jobId, cursor, signal);
      cursor = part.cursor;
      this.#deliver();
      this.#history.fill(jobId, part.items, { isWhole: !part.has_more });
      this.#version++;
      if (part.has_more) continue;
      this.isWhole = true;
      return cursor;
    }
  }

  #connect(path: string, cursor: string | null): void {
    const base = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${path}`;
    const socket: LiveSocket = new LiveSocket({
      url: (place) => (place && path !== "/ws/jobs" ? `${base}?after=${encodeURIComponent(place)}` : base),
      onFrame: (frame) => {
        if (frame.gap) this.#fillGap(frame.job_id, socket.cursor);
        this.take(frame);
      },
      onState: (state) => {
        if (socket === this.#socket) this.#noteState(state);
      },
    });
    socket.cursor = cursor;
    this.#socket = socket;
    socket.connect();
  }

  #fillGap(jobId: string, after: string | null): void {
    if (this.#watched !== jobId || !this.#reading) return;
    void this.#catchUp(jobId, after, this.#reading.signal).catch(() => {});
  }

  #noteState(state: State): void {
    this.state = state;
    if (state === "open") this.openings++;
    if (state === "ended") this.#looks = LOOK_AGAIN_MS.map((ms) => setTimeout(() => void this.#lookAgain(), ms));
    clearTimeout(this.#steady);
    // a line that opens and falls down again is no line
    if (state === "open") this.#steady = setTimeout(() => this.#isBack(), STEADY_MS);
    if (state === "ended" || state === "refused") this.#isBack();
    if (state !== "connecting" && state !== "waiting") return;
    this.#patience ??= setTimeout(() => (this.isPaused = true), PATIENCE_MS);
    // a browser is not told why a WebSocket was refused; an answer over HTTP says whether it was a session that ended
    if (state === "waiting" && this.#watched && this.isWhole && this.#reading) void this.#catchUp(this.#watched, this.#socket?.cursor ?? null, this.#reading.signal).catch(() => {});
    else if (state === "waiting") this.openings++;
  }

  /** Follows an ended job again when it is at work after all. */
  async #lookAgain(): Promise<void> {
    const jobId = this.#watched;
    if (this.state !== "ended" || !jobId) return;
    try {
      const job = await readJob(jobId, this.#reading?.signal);
      if (!FINAL.has(job.status) && jobId === this.#watched && this.state === "ended") void this.follow(jobId);
    } catch {
      // the next look, or a reload, will tell
    }
  }

  #isBack(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.isPaused = false;
  }

  #deliver(): void {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    const frames = this.#buffer.splice(0);
    if (!frames.length) return;
    for (const frame of frames) {
      const added = this.#history.take(frame);
      const told = added.length === frame.events.length ? frame : { ...frame, events: added };
      for (const hear of this.#hearers) hear(told);
    }
    this.#version++;
  }
}

export const live = new Live();
