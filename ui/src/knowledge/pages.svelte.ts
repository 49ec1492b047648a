/** A long list that is read part by part, by cursor. */

import { Loading } from "../shared/loading.svelte";

export interface Part<T> {
  items: readonly T[];
  cursor?: string | null;
}

export class Pages<T> {
  items = $state.raw<readonly T[]>([]);
  hasMore = $state(false);
  /** What the list is of: changes when its first part is there. */
  of = $state("");
  /** Grows with each beginning. */
  begun = $state(0);
  readonly loading = new Loading<Part<T>>();
  #cursor: string | null = null;
  #asked = "";
  #read: ((cursor: string | null, signal: AbortSignal) => Promise<Part<T>>) | null = null;

  /** Begins a new list; the old one stays until the first part is there. */
  async begin(
    read: (cursor: string | null, signal: AbortSignal) => Promise<Part<T>>,
    of = "",
  ): Promise<void> {
    this.#asked = of;
    this.#read = read;
    await this.#take(null);
  }

  async more(): Promise<void> {
    if (this.hasMore && !this.loading.isLoading && !this.loading.problem) await this.#take(this.#cursor);
  }

  async again(): Promise<void> {
    await this.#take(this.items.length ? this.#cursor : null);
  }

  async #take(cursor: string | null): Promise<void> {
    const read = this.#read;
    if (!read) return;
    let part: Part<T> | undefined;
    await this.loading.run(async (signal) => (part = await read(cursor, signal)));
    if (!part || read !== this.#read || this.loading.data !== part) return;
    if (cursor === null) {
      this.of = this.#asked;
      this.begun++;
    }
    this.items = cursor === null ? part.items : [...this.items, ...part.items];
    this.#cursor = part.cursor ?? null;
    this.hasMore = this.#cursor !== null;
  }
}
