/** Draws a graph of words: lines, discs, and as many labels as fit. */

import { colour } from "./colours";
import type { NodeKind, WordGraph } from "./graph";
import { placeNames, type Name, type Point, type View } from "./view";

/** Up to this many words, labels never cover a disc. */
const FEW = 150;
/** Labels are tried for this many words, most links first. */
const MOST_TRIED = 500;
/** Square pixels of canvas per label. */
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
const RADIUS: Record<NodeKind, number> = { centre: 8, learned: 5, ghost: 4.5 };
/** Width of a ring, as a share of its radius. */
const RING = 0.35;

export class Painter {
  /** The node under the pointer. */
  pointed: number | null = null;
  #palette = palette();
  /** Widths of labels in pixels, filled as they are measured. */
  #widths: number[] = [];

  constructor(
    readonly pen: CanvasRenderingContext2D,
    readonly graph: WordGraph,
    readonly view: View,
  ) {}

  recolour(): void {
    this.#palette = palette();
  }

  /** Forgets label widths, after the font has changed. */
  remeasure(): void {
    this.#widths = [];
  }

  /** Position of a node, in pixels from the top left corner of the canvas. */
  at(index: number): Point {
    return this.view.toScreen(this.graph.place(index));
  }

  radius(index: number): number {
    return RADIUS[this.graph.kind(index)] * this.view.crowding * (index === this.pointed ? 1.3 : 1);
  }

  /** Draws everything; `sharpness` is canvas pixels per page pixel. */
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
   * Draws learned words as discs and others as rings, so that colour is not the only difference.
   * A ring is drawn as two discs: strokes take four times as long.
   */
  #paintDiscs(at: readonly Point[], seen: readonly number[]): void {
    const fill = (kind: NodeKind, color: string, less = 0): void => {
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

  /** The node under the pointer and its neighbours, then the others, most links first. */
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
