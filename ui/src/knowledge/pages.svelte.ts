/** A long list, read page by page with a cursor. */

import { Loading } from "../shared/loading.svelte";

export interface Part<T> {
  items: readonly T[];
  cursor?: string | null;
}

export class Pages<T> {
  items = $state.raw<readonly T[]>([]);
  hasMore = $state(false);
  /** Identifies the list; it changes when the first page arrives. */
  of = $state("");
  /** Counts how often a list was begun. */
  begun = $state(0);
  readonly loading = new Loading<Part<T>>();
  #cursor: string | null = null;
  #asked = "";
  #read: ((cursor: string | null, signal: AbortSignal) => Promise<Part<T>>) | null = null;

  /** Begins a new list; the old one stays until the first page arrives. */
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
