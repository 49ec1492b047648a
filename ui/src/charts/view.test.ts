import { describe, expect, it } from "vitest";
import { placeNames, View, type Name } from "./view";

const SIZE = { width: 600, height: 300 };

/** Reproducible random numbers from 0 to 1. */
function chances(seed: number): () => number {
  return () => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return seed / 2 ** 32;
  };
}
function scattered(count: number, seed: number, wide: number, high: number): Float32Array {
  const chance = chances(seed);
  return Float32Array.from({ length: 2 * count }, (_, n) => chance() * (n % 2 ? high : wide));
}

describe("the view", () => {
  it.each([
    [10, 2_000],
    [4_000, 40],
    [300, 300],
    [0, 0],
  ])("shows all of a graph that is %d wide and %d high", (wide, high) => {
    const view = new View(SIZE);
    const places = scattered(50, 7, wide, high);
    view.fit(places);
    for (let n = 0; n < places.length; n += 2) {
      const { x, y } = view.toScreen({ x: places[n] as number, y: places[n + 1] as number });
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(SIZE.width);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y).toBeLessThanOrEqual(SIZE.height);
    }
    expect(view.stretch).toBeGreaterThanOrEqual(1 / 1.71);
    expect(view.stretch).toBeLessThanOrEqual(1.71);
  });
  it("maps the screen to the plane and back", () => {
    const view = new View(SIZE);
    view.fit(scattered(9, 3, 900, 200));
    view.zoom(1.7, { x: 10, y: 20 });
    view.move(31, -8);
    const { x, y } = view.toScreen(view.toPlane({ x: 123, y: 45 }));
    expect(x).toBeCloseTo(123);
    expect(y).toBeCloseTo(45);
  });
  it("keeps the point under the pointer while zooming, and follows a drag", () => {
    const view = new View(SIZE);
    view.fit(scattered(9, 3, 900, 200));
    const at = { x: 480, y: 40 };
    const under = view.toPlane(at);
    view.zoom(2.5, at);
    expect(view.toScreen(under).x).toBeCloseTo(at.x);
    expect(view.toScreen(under).y).toBeCloseTo(at.y);
    view.move(12, 7);
    expect(view.toScreen(under).x).toBeCloseTo(at.x + 12);
    expect(view.toScreen(under).y).toBeCloseTo(at.y + 7);
  });
  it("limits the zoom both ways", () => {
    const view = new View(SIZE);
    view.fit(scattered(9, 3, 900, 200));
    const whole = view.scale;
    for (let n = 0; n < 50; n++) view.zoom(2);
    expect(view.scale).toBeLessThanOrEqual(Math.max(2, 8 * whole) + 1e-9);
    for (let n = 0; n < 50; n++) view.zoom(0.5);
    expect(view.scale).toBeCloseTo(whole / 2);
  });
});

describe("names", () => {
  const named = (count: number, seed: number): Name[] => {
    const chance = chances(seed);
    return Array.from({ length: count }, () => ({
      at: { x: chance() * SIZE.width, y: chance() * SIZE.height },
      radius: 4,
      width: 20 + chance() * 120,
    }));
  };

  it.each([1, 2, 3, 4, 5])("overlap no other, cover no disc and stay within the frame (%d)", (seed) => {
    const names = named(200, seed);
    const boxes = placeNames(names, SIZE, { most: 40, discs: names, middle: { x: 300, y: 150 } }).map(
      ({ index, at }) => {
        const { width } = names[index] as Name;
        return { left: at.x, right: at.x + width, top: at.y - 8, bottom: at.y + 8 };
      },
    );
    expect(boxes.length).toBeGreaterThan(5);
    expect(boxes.length).toBeLessThanOrEqual(40);
    const discs = names.map(({ at, radius }) => ({
      left: at.x - radius,
      right: at.x + radius,
      top: at.y - radius,
      bottom: at.y + radius,
    }));
    for (const [n, box] of boxes.entries()) {
      expect(box.left >= 0 && box.top >= 0 && box.right <= SIZE.width && box.bottom <= SIZE.height).toBe(
        true,
      );
      for (const other of [...boxes.slice(n + 1), ...discs]) {
        expect(
          box.left < other.right &&
            other.left < box.right &&
            box.top < other.bottom &&
            other.top < box.bottom,
        ).toBe(false);
      }
    }
  });
  it("stand away from the middle if there is room", () => {
    const names: Name[] = [
      { at: { x: 200, y: 150 }, radius: 4, width: 60 },
      { at: { x: 400, y: 150 }, radius: 4, width: 60 },
    ];
    const [left, right] = placeNames(names, SIZE, { most: 9, discs: names, middle: { x: 300, y: 150 } });
    expect(left?.at.x).toBeLessThan(140);
    expect(right?.at.x).toBeGreaterThan(404);
  });
});
