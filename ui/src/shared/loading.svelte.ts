/**
 * State of an HTTP read:
 * the data, the problem, and whether it is slow enough to show a skeleton.
 */

import { Problem } from "../api/client";

/** Delay before a skeleton appears. */
const SLOW_MS = 150;

export class Loading<T> {
  data = $state.raw<T | undefined>();
  problem = $state.raw<Problem | undefined>();
  isLoading = $state(false);
  isSlow = $state(false);
  #abort: AbortController | null = null;

  /** Reads. Old data stays until it is replaced; a later call cancels this one. */
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
