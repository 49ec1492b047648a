/**
 * Something that is read over HTTP:
 * what is there, what is wrong, whether it takes long enough to show that it is on its way.
 */

import { Problem } from "../api/client";

/** Before a skeleton is shown. */
const SLOW_MS = 150;

export class Loading<T> {
  data = $state.raw<T | undefined>();
  problem = $state.raw<Problem | undefined>();
  isLoading = $state(false);
  isSlow = $state(false);
  #abort: AbortController | null = null;

  /** Reads; what was there stays until it is replaced. A later call overtakes this one. */
  async run(read: (signal: AbortSignal) => Promise<T>): Promise<void> {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    this.isLoading = true;
    const slow = setTimeout(() => (this.isSlow = abort === this.#abort), SLOW_MS);
    try {
      const data = await read(abort.signal);
      if (abort !== this.#abort) return;
      this.data = data;
      this.problem = undefined;
    } catch (error) {
      if (abort !== this.#abort) return;
      if (!(error instanceof Problem)) throw error;
      this.problem = error;
    } finally {
      clearTimeout(slow);
      if (abort === this.#abort) this.isLoading = this.isSlow = false;
    }
  }

  stop(): void {
    this.#abort?.abort();
    this.#abort = null;
    this.isLoading = this.isSlow = false;
  }
}
