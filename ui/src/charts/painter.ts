/** Draws a graph of words: lines, discs, and as many names as have room. */

import { colour } from "./colours";
import type { Kind, WordGraph } from "./graph";
import { placeNames, type Name, type Point, type View } from "./view";

/** Of so few words no disc is covered by a name. */
const FEW = 150;
/** So many words are tried for names: those with the most links. */
const MOST_TRIED = 500;
/** Square pixels of the picture for one name. */
const ROOM_OF_A_NAME = 5_000;
export const FONT = '15px "Source Serif 4 Variable", Georgia, serif';
const TOKENS = {
  centre: "--accent",
  learned: "--ink",
  ghost: "--ink-quiet",
  line: "--rule-strong",
  paper: "--paper",
} as const;
type Palette = Record<keyof typeof TOKENS, string>;
const RADIUS: Record<Kind, number> = { centre: 8, learned: 5, ghost: 4.5 };
/** The share of a ring's radius that is drawn. */
const RING = 0.35;

export class Painter {
  /** The node that is pointed at. */
  pointed: number | null = null;
  #palette = palette();
  /** Of names, in pixels, as far as they were measured. */
  #widths: number[] = [];

  constructor(
    readonly pen: CanvasRenderingContext2D,
    readonly graph: WordGraph,
    readonly view: View,
  ) {}

  recolour(): void {
    this.#palette = palette();
  }

  /** Has names measured anew: in another font they are as wide as something else. */
  remeasure(): void {
    this.#widths = [];
  }

  /** Where a node stands, in pixels from the picture's corner. */
  at(index: number): Point {
    return this.view.toScreen(this.graph.place(index));
  }

  radius(index: number): number {
    return RADIUS[this.graph.kind(index)] * this.view.crowding * (index === this.pointed ? 1.3 : 1);
  }

  /** Draws it all, with so many pixels of the canvas for one of the page. */
  paint(sharpness: number): void {
    const { width, height } = this.view.size;
    this.pen.setTransform(sharpness, 0, 0, sharpness, 0, 0);
    this.pen.clearRect(0, 0, width, height);
    const at = Array.from({ length: this.graph.size }, (_, index) => this.at(index));
    const seen = at.flatMap(({ x, y }, index) =>
      x > -20 && y > -20 && x < width + 20 && y < height + 20 ? [index] : [],
    );
    this.#paintLines(at);
    this.#paintDiscs(at, seen);
    this.#paintNames(at, new Set(seen));
  }

  #paintLines(at: readonly Point[]): void {
    const { pen } = this;
    const stroke = (color: string, width: number, from: Iterable<number>): void => {
      pen.beginPath();
      for (const index of from) {
        for (const other of this.graph.linked(index)) {
          if (other < index && index !== this.pointed) continue;
          pen.moveTo((at[index] as Point).x, (at[index] as Point).y);
          pen.lineTo((at[other] as Point).x, (at[other] as Point).y);
        }
      }
      pen.strokeStyle = color;
      pen.lineWidth = width;
      pen.stroke();
    };
    stroke(this.#palette.line, at.length > FEW ? 0.5 : 1, at.keys());
    if (this.pointed !== null) stroke(this.#palette.centre, 1.5, [this.pointed]);
  }

  /**
   * A disc for what is learned, a ring for what is not: told apart without colour.
   * A ring is two discs, for strokes take four times as long.
   */
  #paintDiscs(at: readonly Point[], seen: readonly number[]): void {
    const fill = (kind: Kind, color: string, less = 0): void => {
      this.pen.beginPath();
      for (const index of seen) {
        if (this.graph.kind(index) !== kind) continue;
        const { x, y } = at[index] as Point;
        this.pen.moveTo(x, y);
        this.pen.arc(x, y, this.radius(index) * (1 - less), 0, 2 * Math.PI);
      }
      this.pen.fillStyle = color;
      this.pen.fill();
    };
    fill("ghost", this.#palette.ghost);
    fill("ghost", this.#palette.paper, RING);
    fill("learned", this.#palette.learned);
    fill("centre", this.#palette.centre);
  }

  #paintNames(at: readonly Point[], seen: ReadonlySet<number>): void {
    const { pen } = this;
    pen.font = FONT;
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    const tried = this.#nearFirst()
      .filter((index) => seen.has(index))
      .slice(0, MOST_TRIED);
    const names = tried.map((index): Name => ({
      at: at[index] as Point,
      radius: this.radius(index),
      width: this.#widthOf(index),
    }));
    const { width, height } = this.view.size;
    const few = at.length <= FEW;
    const placed = placeNames(names, this.view.size, {
      most: few ? FEW : Math.round((width * height) / ROOM_OF_A_NAME),
      discs: names.slice(0, few ? FEW : 1),
      middle: this.at(0),
    });
    pen.strokeStyle = this.#palette.paper;
    pen.lineWidth = 3;
    for (const { index, at: place } of placed) {
      const node = tried[index] as number;
      const word = this.graph.word(node);
      pen.fillStyle = this.#palette[this.graph.kind(node) === "ghost" ? "ghost" : "learned"];
      pen.strokeText(word, place.x, place.y);
      pen.fillText(word, place.x, place.y);
    }
  }

  /** The node that is pointed at and those around it, then those with the most links. */
  #nearFirst(): number[] {
    const { ranked } = this.graph;
    if (this.pointed === null) return [...ranked];
    return [...new Set([this.pointed, ...this.graph.linked(this.pointed), ...ranked])];
  }

  #widthOf(index: number): number {
    return (this.#widths[index] ||= this.pen.measureText(this.graph.word(index)).width);
  }
}

function palette(): Palette {
  return Object.fromEntries(Object.entries(TOKENS).map(([name, token]) => [name, colour(token)])) as Palette;
}
