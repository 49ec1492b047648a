/** The reactive skin: one socket for the page, either of all jobs or of one, and what came over it. */

import { Problem, readJob } from "../api/client";
import { Backlog } from "./backlog";
import { FINAL, frameOf, type JobEvent, type JobFrame } from "./frames";
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
  /** Grows with each job that is seen to end. */
  endings = $state(0);
  /** How many words were heard of, of all jobs that were watched. */
  learned = $state(0);
  /** Why the job that is followed cannot be read. */
  problem = $state.raw<Problem | undefined>();
  /** Whether the log of the job that is followed is read to its end. */
  isWhole = $state(false);
  #version = $state(0);
  #history = new History();
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

  /** Calls a function with every frame; answers how to end that. */
  hear(call: (frame: JobFrame) => void): () => void {
    this.#hearers.add(call);
    return () => this.#hearers.delete(call);
  }

  watchAll(): void {
    if (this.#watched === null) return;
    this.#begin(null, new History(EVENTS_OF_ALL));
    this.#connect("/ws/jobs");
  }

  /**
   * Reads one job and follows it, and reads its log behind;
   * again from the start when it is followed already.
   */
  async follow(jobId: string): Promise<void> {
    this.#begin(jobId, this.#watched === jobId ? this.#history : new History());
    const { signal } = (this.#reading = new AbortController());
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        this.take(frameOf(await readJob(jobId, signal)));
        break;
      } catch (error) {
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it was awaited meanwhile
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
    this.#backlog = new Backlog(jobId, signal, {
      onPart: (events, isLast) => this.#fill(jobId, events, isLast),
      onProblem: (problem) => (this.problem = problem),
    });
    void this.#backlog.catchUp();
    this.#noteState("connecting");
    this.#connect(`/ws/jobs/${jobId}`);
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
    this.#backlog = null;
    this.#looks.splice(0).forEach(clearTimeout);
    this.#buffer = [];
    this.#watched = watched;
    this.#history = history;
    this.problem = undefined;
    this.isWhole = false;
    this.#version++;
  }

  #fill(jobId: string, events: readonly JobEvent[], isLast: boolean): void {
    this.#deliver();
    this.#history.fill(jobId, events, { isWhole: isLast });
    this.isWhole ||= isLast;
    this.#version++;
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
        // a line without a cursor tells nothing of what was before it opened
        if (state === "open" && !socket.cursor) void this.#backlog?.catchUp();
        this.#noteState(state);
      },
    });
    this.#socket = socket;
    socket.connect();
  }

  /** What a line that is down does not tell, a session that has ended among it. */
  async #askOverHttp(jobId: string): Promise<void> {
    void this.#backlog?.catchUp();
    try {
      this.take(frameOf(await readJob(jobId, this.#reading?.signal)));
    } catch {
      // the line's next try, or its state, tells
    }
  }

  #noteState(state: State): void {
    this.state = state;
    if (state === "open") this.openings++;
    if (state === "ended") {
      this.#looks = LOOK_AGAIN_MS.map((ms) => setTimeout(() => void this.#lookAgain(), ms));
    }
    clearTimeout(this.#steady);
    // a line that opens and falls down again is no line
    if (state === "open") this.#steady = setTimeout(() => this.#isBack(), STEADY_MS);
    if (state === "ended" || state === "refused") this.#isBack();
    if (state !== "connecting" && state !== "waiting") return;
    this.#patience ??= setTimeout(() => (this.isPaused = true), PATIENCE_MS);
    // a browser is not told why a WebSocket was refused;
    // an answer over HTTP says whether it was a session that ended
    if (state === "waiting" && this.#watched && this.#backlog) void this.#askOverHttp(this.#watched);
    else if (state === "waiting") this.openings++;
  }

  /** Follows an ended job again when it is at work after all. */
  async #lookAgain(): Promise<void> {
    const jobId = this.#watched;
    if (this.state !== "ended" || !jobId) return;
    try {
      const job = await readJob(jobId, this.#reading?.signal);
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it was awaited meanwhile
      if (!FINAL.has(job.status) && jobId === this.#watched && this.state === "ended") {
        void this.follow(jobId);
      }
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
