/** A long list that is read part by part, by cursor. */

import { Loading } from "../loading.svelte";

export interface Part<T> {
  items: readonly T[];
  cursor?: string | null;
}

export class Pages<T> {
  items = $state.raw<readonly T[]>([]);
  hasMore = $state(false);
  readonly loading = new Loading<Part<T>>();
  #cursor: string | null = null;
  #read: ((cursor: string | null, signal: AbortSignal) => Promise<Part<T>>) | null = null;

  /** Begins a new list; the old one stays until the first part is there. */
  async begin(read: (cursor: string | null, signal: AbortSignal) => Promise<Part<T>>): Promise<void> {
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
    this.items = cursor === null ? part.items : [...this.items, ...part.items];
    this.#cursor = part.cursor ?? null;
    this.hasMore = this.#cursor !== null;
  }
}
