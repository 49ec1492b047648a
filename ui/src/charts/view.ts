/** The visible part of a plane, and label placement in it. No canvas needed. */

export interface Point {
  x: number;
  y: number;
}
export interface Size {
  width: number;
  height: number;
}
interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Largest zoom, relative to the scale that shows everything. */
const NEAREST = 8;
/** Largest ratio of horizontal to vertical scale, to fill a wide frame. */
const MOST_STRETCH = 1.7;
/** Discs have their full size from this scale on. */
const ROOMY = 0.7;
const LEAST_SIZE = 0.45;
const MARGIN = { x: 76, y: 30 };

export class View {
  /** Pixels per unit of height; a unit of width is `stretch` times as long. */
  scale = 1;
  stretch = 1;
  /** The point at the centre of the view. */
  middle: Point = { x: 0, y: 0 };
  /** The scale that shows everything. */
  #whole = 1;

  constructor(readonly size: Size) {}

  /** Size factor for discs, 0 to 1: they shrink when zoomed out. */
  get crowding(): number {
    return Math.min(1, Math.max(LEAST_SIZE, Math.sqrt((this.scale * Math.min(1, this.stretch)) / ROOMY)));
  }

  toScreen({ x, y }: Point): Point {
    return {
      x: (x - this.middle.x) * this.scale * this.stretch + this.size.width / 2,
      y: (y - this.middle.y) * this.scale + this.size.height / 2,
    };
  }

  toPlane({ x, y }: Point): Point {
    return {
      x: (x - this.size.width / 2) / (this.scale * this.stretch) + this.middle.x,
      y: (y - this.size.height / 2) / this.scale + this.middle.y,
    };
  }

  /** Fits all places into the view, at a scale of at most 2. */
  fit(places: Float32Array): void {
    if (!places.length) return;
    const box = boundsOf(places);
    const [width, height] = [Math.max(1, box.right - box.left), Math.max(1, box.bottom - box.top)];
    const room = {
      x: Math.max(40, this.size.width - 2 * MARGIN.x),
      y: Math.max(40, this.size.height - 2 * MARGIN.y),
    };
    const [across, down] = [room.x / width, room.y / height];
    this.scale = this.#whole = Math.min(2, down, across * MOST_STRETCH);
    this.stretch = Math.min(2, across, this.scale * MOST_STRETCH) / this.scale;
    this.middle = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 };
  }

  move(byX: number, byY: number): void {
    this.middle = {
      x: this.middle.x - byX / (this.scale * this.stretch),
      y: this.middle.y - byY / this.scale,
    };
  }

  /** Zooms by a factor and keeps the given screen point in place. */
  zoom(by: number, at: Point = { x: this.size.width / 2, y: this.size.height / 2 }): void {
    const before = this.toPlane(at);
    this.scale = Math.min(Math.max(this.#whole * NEAREST, 2), Math.max(this.#whole / 2, this.scale * by));
    const after = this.toPlane(at);
    this.middle = { x: this.middle.x + before.x - after.x, y: this.middle.y + before.y - after.y };
  }
}

function boundsOf(places: Float32Array): Box {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let n = 0; n < places.length; n += 2) {
    const [x, y] = [places[n] as number, places[n + 1] as number];
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y);
  }
  return box;
}

export interface Name {
  at: Point;
  radius: number;
  width: number;
}
export interface Placed {
  /** Index into the names. */
  index: number;
  /** Left end of the text, at half its height. */
  at: Point;
}

const GAP = 4;
/** Half the line height. */
const HALF = 9;

/**
 * Places labels in order: beside their disc on the side away from the middle, then below, above, or inwards.
 * No label leaves the frame or overlaps another label or a disc.
 */
export function placeNames(
  names: readonly Name[],
  size: Size,
  { most, discs, middle }: { most: number; discs: readonly Name[]; middle: Point },
): Placed[] {
  const taken: Box[] = discs.map(({ at, radius }) => ({
    left: at.x - radius,
    right: at.x + radius,
    top: at.y - radius,
    bottom: at.y + radius,
  }));
  const found: Placed[] = [];
  for (let index = 0; index < names.length && found.length < most; index++) {
    const { at, radius, width } = names[index] as Name;
    const sides: Point[] = [
      { x: at.x + radius + GAP, y: at.y },
      { x: at.x - radius - GAP - width, y: at.y },
    ];
    if (at.x < middle.x) sides.reverse();
    const [outwards, inwards] = sides as [Point, Point];
    const places = [
      outwards,
      { x: at.x - width / 2, y: at.y + radius + GAP + HALF },
      { x: at.x - width / 2, y: at.y - radius - GAP - HALF },
      inwards,
    ];
    for (const place of places) {
      const box = {
        left: place.x - 1,
        right: place.x + width + 1,
        top: place.y - HALF,
        bottom: place.y + HALF,
      };
      if (
        box.left < 0 ||
        box.top < 0 ||
        box.right > size.width ||
        box.bottom > size.height ||
        taken.some((one) => meets(one, box))
      ) {
        continue;
      }
      taken.push(box);
      found.push({ index, at: place });
      break;
    }
  }
  return found;
}

function meets(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
