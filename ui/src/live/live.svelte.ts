/** Reactive state of the page's one socket, which follows either all jobs or one. */

import { Problem, readJob } from "../api/client";
import type { JobEvent } from "../api/types";
import { Backlog } from "./backlog";
import { FINAL, frameOf, type JobFrame } from "./frames";
import { FrameHistory, MOST_EVENTS, type Seen } from "./history";
import { LiveSocket, waitMs, type SocketState } from "./socket";

/** At most ten updates a second. */
export const FLUSH_MS = 100;
/** How long a connection must be lost before the page says so. */
export const PATIENCE_MS = 5_000;
const SETTLED_MS = 1_000;
/** How long to wait after earlier events could not be read. */
const OLDER_AGAIN_MS = 3_000;
/** So many events are read without being asked for, newest first: enough to draw a job's latest minutes. */
export const READ_AHEAD = 2_000;
const EVENTS_OF_ALL = 100;
/** When to look at an ended job again: someone may retry it. */
const LOOK_AGAIN_MS = [3_000, 10_000, 30_000];

export class Live {
  state = $state<SocketState>("connecting");
  /** Whether the connection has been lost for long enough to say so. */
  isPaused = $state(false);
  /** Counts connections: after a new one, lists read over HTTP are out of date. */
  openings = $state(0);
  /** Counts jobs seen to end. */
  endings = $state(0);
  /** Counts words learned by all watched jobs. */
  learned = $state(0);
  /** Why the followed job cannot be read. */
  problem = $state.raw<Problem | undefined>();
  /** Whether the followed job's log is known up to now. */
  isWhole = $state(false);
  /** Whether the followed job's log has earlier events than those read. */
  hasOlder = $state(false);
  isReadingOlder = $state(false);
  #version = $state(0);
  #history = new FrameHistory();
  #watched: string | null | undefined;
  #socket: LiveSocket | null = null;
  #reading: AbortController | null = null;
  #backlog: Backlog | null = null;
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

  /** Calls a function with every frame; returns a function that stops this. */
  hear(call: (frame: JobFrame) => void): () => void {
    this.#hearers.add(call);
    return () => this.#hearers.delete(call);
  }

  watchAll(): void {
    if (this.#watched === null) return;
    this.#begin(null, new FrameHistory(EVENTS_OF_ALL));
    this.#connect("/ws/jobs");
  }

  /**
   * Reads one job, follows it and reads the end of its log in the background.
   * Starts over if the job is already followed.
   */
  async follow(jobId: string): Promise<void> {
    const isSame = this.#watched === jobId;
    const known = isSame ? this.#backlog : null;
    this.#begin(jobId, isSame ? this.#history : new FrameHistory());
    const { signal } = (this.#reading = new AbortController());
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        this.take(frameOf(await readJob(jobId, signal)));
        break;
      } catch (error) {
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may change during an await
        if (signal.aborted || !(error instanceof Problem)) return;
        this.problem = error;
        if (error.isLasting) return;
        this.#noteState("waiting");
        await new Promise((resolve) => setTimeout(resolve, waitMs(failures, Math.random)));
      }
    }
    if (signal.aborted) return;
    this.problem = undefined;
    this.#deliver();
    const reader = {
      onPart: (events: readonly JobEvent[], isLast: boolean) => this.#fill(jobId, events, isLast),
      onProblem: (problem: Problem) => (this.problem = problem),
    };
    this.#backlog = new Backlog(jobId, signal, reader, known ?? undefined);
    void this.#backlog.catchUp();
    this.#noteState("connecting");
    this.#connect(`/ws/jobs/${jobId}`);
  }

  /** Reads earlier events of the followed job, one page. */
  async readOlder(): Promise<void> {
    const backlog = this.#backlog;
    if (!backlog || !this.hasOlder || this.isReadingOlder) return;
    this.isReadingOlder = true;
    const isRead = await backlog.readOlder();
    if (backlog !== this.#backlog) return;
    if (!isRead) await new Promise((resolve) => setTimeout(resolve, OLDER_AGAIN_MS));
    this.isReadingOlder = false;
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

  #begin(watched: string | null, history: FrameHistory): void {
    this.#socket?.close();
    this.#reading?.abort();
    this.#backlog = null;
    this.#looks.splice(0).forEach(clearTimeout);
    this.#buffer = [];
    this.#watched = watched;
    this.#history = history;
    this.problem = undefined;
    this.isWhole = this.hasOlder = this.isReadingOlder = false;
    this.#version++;
  }

  #fill(jobId: string, events: readonly JobEvent[], isLast: boolean): void {
    this.#deliver();
    this.#history.fill(jobId, events, { isWhole: isLast });
    this.isWhole ||= isLast;
    const read = this.#history.get(jobId)?.events.length ?? 0;
    this.hasOlder = (this.#backlog?.older ?? null) !== null && read < MOST_EVENTS;
    this.#version++;
    if (this.isWhole && read < READ_AHEAD) setTimeout(() => void this.readOlder());
  }

  #connect(path: string): void {
    const base = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${path}`;
    const socket: LiveSocket = new LiveSocket({
      url: (place) => (place && path !== "/ws/jobs" ? `${base}?after=${encodeURIComponent(place)}` : base),
      onFrame: (frame) => {
        if (frame.gap) void this.#backlog?.catchUp();
        else if (this.isWhole) this.#backlog?.passed(frame.cursor);
        this.take(frame);
      },
      onState: (state) => {
        if (socket !== this.#socket) return;
        // a socket without a cursor reports nothing from before it opened
        if (state === "open" && !socket.cursor) void this.#backlog?.catchUp();
        this.#noteState(state);
      },
    });
    this.#socket = socket;
    socket.connect();
  }

  /** Reads over HTTP what a closed socket cannot report, such as an expired session. */
  async #askOverHttp(jobId: string): Promise<void> {
    void this.#backlog?.catchUp();
    try {
      this.take(frameOf(await readJob(jobId, this.#reading?.signal)));
    } catch {
      // the socket's next attempt, or its state, will tell
    }
  }

  #noteState(state: SocketState): void {
    this.state = state;
    if (state === "open") this.openings++;
    if (state === "ended") {
      this.#looks = LOOK_AGAIN_MS.map((ms) => setTimeout(() => void this.#lookAgain(), ms));
    }
    clearTimeout(this.#steady);
    // a socket that opens and closes again at once does not count
    if (state === "open") this.#steady = setTimeout(() => this.#isBack(), SETTLED_MS);
    if (state === "ended" || state === "refused") this.#isBack();
    if (state !== "connecting" && state !== "waiting") return;
    this.#patience ??= setTimeout(() => (this.isPaused = true), PATIENCE_MS);
    // browsers do not say why a WebSocket was refused;
    // an HTTP response shows whether the session has expired
    if (state === "waiting" && this.#watched && this.#backlog) void this.#askOverHttp(this.#watched);
    else if (state === "waiting") this.openings++;
  }

  /** Follows an ended job again if it is running after all. */
  async #lookAgain(): Promise<void> {
    const jobId = this.#watched;
    if (this.state !== "ended" || !jobId) return;
    try {
      const job = await readJob(jobId, this.#reading?.signal);
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may change during an await
      if (!FINAL.has(job.status) && jobId === this.#watched && this.state === "ended") {
        void this.follow(jobId);
      }
    } catch {
      // the next check, or a reload, will tell
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
      const before = this.#history.get(frame.job_id)?.job.status;
      const added = this.#history.take(frame);
      if (before && !FINAL.has(before) && FINAL.has(frame.status)) this.endings++;
      this.learned += added.reduce(
        (sum, event) => sum + (event.kind === "words.learned" ? event.words.length : 0),
        0,
      );
      const told = added.length === frame.events.length ? frame : { ...frame, events: added };
      for (const hear of this.#hearers) hear(told);
    }
    this.#version++;
  }
}

export const live = new Live();
