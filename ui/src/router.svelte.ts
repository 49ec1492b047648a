/** Where the page is. */

import { changed, parse, type Fields, type Place } from "./route";

class Router {
  place = $state.raw<Place>(parse(location.hash));

  constructor() {
    const read = () => (this.place = parse(location.hash));
    window.addEventListener("hashchange", read);
    window.addEventListener("popstate", read);
  }

  field(name: string): string {
    return this.place.query.get(name) ?? "";
  }

  go(to: string): void {
    history.pushState(null, "", to);
    this.place = parse(location.hash);
  }

  /** Changes fields of the address. What is typed replaces the address, what is chosen can be gone back from. */
  set(fields: Fields, { replace = false } = {}): void {
    const query = changed(this.place.query, fields).toString();
    if (query === this.place.query.toString()) return;
    const to = `${location.hash.split("?")[0] || "#/jobs"}${query ? `?${query}` : ""}`;
    if (replace) history.replaceState(null, "", to);
    else history.pushState(null, "", to);
    this.place = parse(location.hash);
  }
}

export const router = new Router();
