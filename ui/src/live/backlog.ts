/** Reads a job's log to its end, page by page, while the socket delivers what is new. */

import { Problem, readEvents } from "../api/client";
import type { JobEvent } from "./frames";
import { waitMs } from "./socket";

export interface Reader {
  /** A page, oldest first; `isLast` if nothing is missing after it. */
  onPart: (events: readonly JobEvent[], isLast: boolean) => void;
  /** An error that a retry would not fix. */
  onProblem: (problem: Problem) => void;
}

export class Backlog {
  /** Everything up to here is known. */
  cursor: string | null = null;
  #isBehind = false;
  #isReading = false;

  constructor(
    readonly jobId: string,
    readonly signal: AbortSignal,
    readonly reader: Reader,
  ) {}

  /** Reads everything after the cursor. A call during a read triggers one more read afterwards. */
  async catchUp(): Promise<void> {
    this.#isBehind = true;
    if (this.#isReading) return;
    this.#isReading = true;
    for (let failures = 0; this.#isBehind && !this.signal.aborted;) {
      try {
        this.#isBehind = false;
        const part = await readEvents(this.jobId, this.cursor, this.signal);
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

  /** Moves the cursor to where the socket is, if nothing is missing before it. */
  passed(cursor: string): void {
    if (cursor && !this.#isReading) this.cursor = cursor;
  }
}
