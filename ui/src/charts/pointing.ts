/**
 * Turns pointer and wheel events on an element into moves, zooms and clicks.
 * Points are in pixels from the element's top left corner.
 */

import type { Point } from "./view";

export interface Gestures {
  onmove: (byX: number, byY: number) => void;
  onzoom: (by: number, at: Point) => void;
  /** Position of the mouse; null when it has left. */
  onpoint: (at: Point | null) => void;
  onclick: (at: Point, isDouble: boolean) => void;
}

/** A pointer that moves less than this has clicked. */
const STILL_PX = 4;
/** Time to wait for the second click of a double click. */
const DOUBLE_MS = 260;

export class Pointing {
  #down = new Map<number, Point>();
  #travelled = 0;
  #clicked: { at: Point; timer: ReturnType<typeof setTimeout> } | null = null;
  #end = new AbortController();

  constructor(
    readonly box: HTMLElement,
    readonly gestures: Gestures,
  ) {
    const { signal } = this.#end;
    box.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    box.addEventListener("pointermove", (event) => this.#move(event), { signal });
    box.addEventListener("pointerup", (event) => this.#lift(event), { signal });
    box.addEventListener("pointercancel", (event) => this.#down.delete(event.pointerId), { signal });
    box.addEventListener("pointerleave", () => gestures.onpoint(null), { signal });
    box.addEventListener("wheel", (event) => this.#turn(event), { signal, passive: false });
  }

  destroy(): void {
    this.#end.abort();
    clearTimeout(this.#clicked?.timer);
  }

  #at(event: MouseEvent): Point {
    const { left, top } = this.box.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    if (!this.#down.size) this.#travelled = 0;
    this.#down.set(event.pointerId, this.#at(event));
    this.box.setPointerCapture(event.pointerId);
  }

  #move(event: PointerEvent): void {
    const at = this.#at(event);
    const before = this.#down.get(event.pointerId);
    if (!before) {
      if (event.pointerType === "mouse") this.gestures.onpoint(at);
      return;
    }
    const other = [...this.#down].find(([id]) => id !== event.pointerId)?.[1];
    this.#down.set(event.pointerId, at);
    this.#travelled += Math.hypot(at.x - before.x, at.y - before.y);
    if (other) {
      const [was, is] = [between(before, other), between(at, other)];
      if (was > 0 && is > 0) {
        this.gestures.onzoom(is / was, { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 });
      }
    } else if (this.#travelled >= STILL_PX) this.gestures.onmove(at.x - before.x, at.y - before.y);
  }

  #lift(event: PointerEvent): void {
    if (!this.#down.delete(event.pointerId) || this.#down.size || this.#travelled >= STILL_PX) return;
    const at = this.#at(event);
    const first = this.#clicked;
    clearTimeout(first?.timer);
    this.#clicked = null;
    if (first && between(first.at, at) < 2 * STILL_PX) this.gestures.onclick(first.at, true);
    else {
      this.#clicked = {
        at,
        timer: setTimeout(() => {
          this.#clicked = null;
          this.gestures.onclick(at, false);
        }, DOUBLE_MS),
      };
    }
  }

  /** The wheel scrolls the page; with Ctrl, which a touchpad pinch also sends, it zooms. */
  #turn(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.gestures.onzoom(2 ** (-event.deltaY / (event.deltaMode ? 6 : 200)), this.#at(event));
  }
}

function between(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
