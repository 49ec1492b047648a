/** A job's log, read to its end part by part, behind the live line that tells what comes next. */

import { Problem, readEvents } from "../api/client";
import type { JobEvent } from "./frames";
import { waitMs } from "./socket";

export interface Reader {
  /** A part, oldest first; `isLast` when nothing is missing after it. */
  onPart: (events: readonly JobEvent[], isLast: boolean) => void;
  /** A refusal that asking again does not change. */
  onProblem: (problem: Problem) => void;
}

export class Backlog {
  /** Up to where all is known. */
  cursor: string | null = null;
  #isBehind = false;
  #isReading = false;

  constructor(
    readonly jobId: string,
    readonly signal: AbortSignal,
    readonly reader: Reader,
  ) {}

  /** Reads what there is after the cursor; called while it reads, it looks once more afterwards. */
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
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it was awaited meanwhile
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

  /** Notes how far the live line has told, when nothing is missing before it. */
  passed(cursor: string): void {
    if (cursor && !this.#isReading) this.cursor = cursor;
  }
}
