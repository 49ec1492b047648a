import { describe, expect, it } from "vitest";
import { Layout, type LayoutTask } from "./layout";

/** A tree of words in which each has the same number of children. */
function task(count: number, fan: number): LayoutTask {
  const places = Float32Array.from(
    { length: 2 * count },
    (_, n) => 12 * Math.sqrt(n >> 1) * (n % 2 ? Math.sin((n >> 1) * 2.4) : Math.cos((n >> 1) * 2.4)),
  );
  const links = Uint32Array.from(
    Array.from({ length: count - 1 }, (_, n) => [n + 1, Math.floor(n / fan)]).flat(),
  );
  return { number: 1, places, links, heat: 1 };
}
function settled(given: LayoutTask): Float32Array {
  const layout = new Layout(given);
  let places = given.places;
  while (!layout.isCool) places = layout.run(5);
  return places;
}
const between = (places: Float32Array, one: number, other: number) =>
  Math.hypot(
    (places[2 * one] as number) - (places[2 * other] as number),
    (places[2 * one + 1] as number) - (places[2 * other + 1] as number),
  );

describe("the layout", () => {
  it("comes to rest, with its own word in place", () => {
    const places = settled(task(60, 6));
    expect(places).toHaveLength(120);
    expect(places.every(Number.isFinite)).toBe(true);
    expect([places[0], places[1]]).toEqual([0, 0]);
  });
  it("keeps words apart, and linked words closer than others", () => {
    const given = task(60, 6);
    const places = settled(given);
    const [linked, any]: [number[], number[]] = [[], []];
    for (let one = 0; one < 60; one++) {
      for (let other = one + 1; other < 60; other++) any.push(between(places, one, other));
    }
    for (let n = 0; n < given.links.length; n += 2) {
      linked.push(between(places, given.links[n] as number, given.links[n + 1] as number));
    }
    const mean = (of: number[]) => of.reduce((sum, value) => sum + value, 0) / of.length;
    expect(Math.min(...any)).toBeGreaterThan(8);
    expect(mean(linked)).toBeLessThan(mean(any) / 2);
  });
  it("moves little after an extension", () => {
    const places = settled(task(20, 4));
    const grown = task(21, 4);
    grown.places.set(places);
    grown.places.set([(places[8] as number) + 5, (places[9] as number) + 5], 40);
    const after = settled({ ...grown, heat: 0.3 });
    for (let n = 0; n < 20; n++) {
      expect(
        Math.hypot(
          (after[2 * n] as number) - (places[2 * n] as number),
          (after[2 * n + 1] as number) - (places[2 * n + 1] as number),
        ),
      ).toBeLessThan(60);
    }
  });
});
