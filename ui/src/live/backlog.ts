/** Reads a job's log from its end: first the newest page, then what follows it, and older pages on demand. */

import { Problem, readEvents, readNewestEvents } from "../api/client";
import type { JobEvent, LogPage } from "../api/types";
import { waitMs } from "./socket";

export interface Reader {
  /** A page, oldest first; `isLast` if nothing is missing after it. */
  onPart: (events: readonly JobEvent[], isLast: boolean) => void;
  /** An error that a retry would not fix. */
  onProblem: (problem: Problem) => void;
}

export class Backlog {
  /** Everything from the first page read up to here is known; null before that page. */
  cursor: string | null = null;
  /** Where the events end that have not been read yet; null if there are none. */
  older: string | null = null;
  #isBehind = false;
  #isReading = false;
  #isReadingOlder = false;

  constructor(
    readonly jobId: string,
    readonly signal: AbortSignal,
    readonly reader: Reader,
    /** What was read of the same log before, to go on from there. */
    known?: Pick<Backlog, "cursor" | "older">,
  ) {
    if (known) ({ cursor: this.cursor, older: this.older } = known);
  }

  /**
   * Reads the newest page, or everything after the cursor.
   * A call during a read triggers one more read afterwards.
   */
  async catchUp(): Promise<void> {
    this.#isBehind = true;
    if (this.#isReading) return;
    this.#isReading = true;
    for (let failures = 0; this.#isBehind && !this.signal.aborted;) {
      try {
        this.#isBehind = false;
        const part = await this.#next();
        this.cursor = part.cursor;
        this.#isBehind ||= part.has_more;
        failures = 0;
        this.reader.onPart(part.items, !this.#isBehind);
      } catch (error) {
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may change during an await
        if (this.signal.aborted) break;
        if (!(error instanceof Problem)) throw error;
        if (error.isLasting) {
          this.reader.onProblem(error);
          break;
        }
        this.#isBehind = true;
        await new Promise((resolve) => setTimeout(resolve, waitMs(failures++, Math.random)));
      }
    }
    this.#isReading = false;
  }

  /** Reads the page before the oldest one read; false if that failed, so that the caller may try again. */
  async readOlder(): Promise<boolean> {
    if (this.older === null || this.#isReadingOlder) return true;
    this.#isReadingOlder = true;
    try {
      const part = await readNewestEvents(this.jobId, this.older, this.signal);
      this.older = part.older;
      this.reader.onPart(part.items, false);
      return true;
    } catch (error) {
      if (!(error instanceof Problem) && !this.signal.aborted) throw error;
      return false;
    } finally {
      this.#isReadingOlder = false;
    }
  }

  /** Moves the cursor to where the socket is, if nothing is missing before it. */
  passed(cursor: string): void {
    if (cursor && !this.#isReading) this.cursor = cursor;
  }

  async #next(): Promise<LogPage> {
    if (this.cursor !== null) return readEvents(this.jobId, this.cursor, this.signal);
    const part = await readNewestEvents(this.jobId, null, this.signal);
    this.older = part.older;
    return part;
  }
}
