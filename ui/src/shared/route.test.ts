import { describe, expect, it } from "vitest";
import { changed, href, parse } from "./route";

describe("an address", () => {
  it.each(["and/or", "naïve", "50 % off?", "a#b", "x&y=z", "."])("round-trips the word %s", (word) => {
    const place = parse(href("entries", word, { from: "a&b" }));
    expect([place.screen, place.id, place.query.get("from")]).toEqual(["entry", word, "a&b"]);
  });

  it.each([
    ["", "jobs"],
    ["#/", "jobs"],
    ["#/jobs?status=failed", "jobs"],
    ["#/jobs/x", "job"],
    ["#/knowledge?q=a", "knowledge"],
    ["#/schedules", "schedules"],
    ["#/entries/", "nowhere"],
    ["#/else", "nowhere"],
    ["#/schedules/x", "nowhere"],
  ])("%s is the screen %s", (hash, screen) => {
    expect(parse(hash).screen).toBe(screen);
  });

  it("with a broken escape is read literally", () => {
    expect(parse("#/entries/100%").id).toBe("100%");
  });

  it("has no empty fields", () => {
    expect(changed(new URLSearchParams("a=1&b=2"), { a: "", b: null, c: 3, d: undefined }).toString()).toBe(
      "c=3",
    );
  });
});
