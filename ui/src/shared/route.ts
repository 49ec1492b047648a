/** Parses and writes URLs, which hold all choices on a page: screen, filters, open items. */

export type Screen = "jobs" | "job" | "knowledge" | "entry" | "schedules" | "nowhere";

export interface Place {
  screen: Screen;
  /** A job id or an entry's word; empty on other screens. */
  id: string;
  query: URLSearchParams;
}

export function parse(hash: string): Place {
  const text = hash.replace(/^#\/?/, "");
  const [path, fields] = splitOnce(text, "?");
  const query = new URLSearchParams(fields);
  const [first, rest] = splitOnce(path, "/");
  const id = decoded(rest);
  if (first === "" || (first === "jobs" && !id)) return { screen: "jobs", id: "", query };
  if (first === "jobs") return { screen: "job", id, query };
  if (first === "knowledge" && !id) return { screen: "knowledge", id: "", query };
  if (first === "entries" && id) return { screen: "entry", id, query };
  if (first === "schedules" && !id) return { screen: "schedules", id: "", query };
  return { screen: "nowhere", id: "", query };
}

export type Fields = Record<string, string | number | null | undefined>;

export function href(
  path: "jobs" | "knowledge" | "entries" | "schedules",
  id = "",
  fields: Fields = {},
): string {
  const query = changed(new URLSearchParams(), fields).toString();
  return `#/${path}${id ? `/${encodeURIComponent(id)}` : ""}${query ? `?${query}` : ""}`;
}

/** A copy of the query with some fields changed; empty ones are removed. */
export function changed(query: URLSearchParams, fields: Fields): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined || value === "") next.delete(name);
    else next.set(name, String(value));
  }
  return next;
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + by.length)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
