/** The current place, and saved state of places in the browser history. */

import { changed, parse, type Fields, type Place } from "./route";

/** State is kept for this many places, the newest. */
const MOST_KEPT = 50;

/** How a place was left: scroll position and focused link. */
export interface Left {
  scroll: number;
  link: { to: string; nth: number } | null;
}

class Router {
  place = $state.raw<Place>(parse(location.hash));
  /** Identifies the history entry: visiting the same address again gives a new key. */
  key = $state("");
  #kept = new Map<string, Map<string, unknown>>();

  constructor() {
    history.scrollRestoration = "manual";
    this.#arrive();
    window.addEventListener("hashchange", () => this.#arrive());
    window.addEventListener("popstate", () => this.#arrive());
  }

  field(name: string): string {
    return this.place.query.get(name) ?? "";
  }

  go(to: string): void {
    this.#leave();
    history.pushState(null, "", to);
    this.#arrive();
  }

  /**
   * Changes query fields.
   * Typing replaces the history entry; choosing adds one, so that Back works.
   */
  set(fields: Fields, { replace = false } = {}): void {
    const query = changed(this.place.query, fields).toString();
    if (query === this.place.query.toString()) return;
    const to = `${location.hash.split("?")[0] || "#/jobs"}${query ? `?${query}` : ""}`;
    if (!replace) {
      this.go(to);
      return;
    }
    history.replaceState(history.state, "", to);
    this.#arrive();
  }

  /** The value kept under a name when this place was left; undefined in a new place. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows the type
  kept<T>(name: string): T | undefined {
    return this.#kept.get(this.key)?.get(name) as T | undefined;
  }

  keep(name: string, value: unknown): void {
    this.#kept.get(this.key)?.set(name, value);
  }

  #leave(): void {
    const at = document.activeElement;
    const to = at?.closest("main") ? at.getAttribute("href") : null;
    this.keep("left", {
      scroll: window.scrollY,
      link: to && at ? { to, nth: linksTo(to).indexOf(at as HTMLElement) } : null,
    } satisfies Left);
  }

  #arrive(): void {
    const known = (history.state as { key?: string } | null)?.key;
    if (this.key && known !== this.key) this.#leave();
    const key = known ?? `${Date.now()}-${Math.random()}`;
    if (!known) history.replaceState({ key }, "");
    if (!this.#kept.has(key)) this.#kept.set(key, new Map());
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value as string);
    this.key = key;
    this.place = parse(location.hash);
  }
}

export function linksTo(to: string): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("main a[href]")].filter(
    (link) => link.getAttribute("href") === to,
  );
}

export const router = new Router();
