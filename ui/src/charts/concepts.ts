/** The concept graph around a word, on a canvas. Loaded when an entry is looked at. */

import type { Graph as Neighbourhood } from "../api/types";
import { colour } from "./colours";
import type { LayoutNews, LayoutTask } from "./layout";
import { Pointing } from "./pointing";
import { placeNames, View, type Name, type Point } from "./view";

const MOST_NODES = 5_000;
/** Of so few words no disc is covered by a name. */
const FEW = 150;
/** So many words are tried for names: those with the most links. */
const MOST_TRIED = 500;
/** Square pixels of the picture for one name. */
const ROOM_OF_A_NAME = 5_000;
/** A click so near to a disc means it. */
const REACH = 8;
const FONT = '15px "Source Serif 4 Variable", Georgia, serif';
const TOKENS = {
  centre: "--accent",
  learned: "--ink",
  ghost: "--ink-quiet",
  line: "--rule-strong",
  paper: "--paper",
} as const;
type Palette = Record<keyof typeof TOKENS, string>;
type Kind = "centre" | "learned" | "ghost";
const RADIUS: Record<Kind, number> = { centre: 8, learned: 5, ghost: 4.5 };
/** The share of a ring's radius that is drawn. */
const RING = 0.35;

interface Node {
  key: string;
  word: string;
  isLearned: boolean;
  links: Set<number>;
  /** Of its name, in pixels; 0 before it was measured. */
  width: number;
}

export interface Hearer {
  onpick: (word: string) => void;
  onopen: (word: string) => void;
  ondrawn: () => void;
}

export class ConceptMap {
  #nodes: Node[] = [];
  #indexOf = new Map<string, number>();
  #places = new Float32Array();
  /** Those with the most links first. */
  #ranked: number[] = [];
  #view = new View({ width: 1, height: 1 });
  #isMoved = false;
  #isSized = false;
  #pointed: number | null = null;
  #palette = palette();
  #pen: CanvasRenderingContext2D;
  #frame = 0;
  #worker: Worker;
  #task = 0;
  #isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  #observer: ResizeObserver;
  #pointing: Pointing;

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly hearer: Hearer,
  ) {
    const pen = canvas.getContext("2d");
    if (!pen) throw new Error("no canvas");
    this.#pen = pen;
    this.#worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<LayoutNews>) => this.#settle(data);
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(canvas);
    this.#pointing = new Pointing(canvas, {
      onmove: (byX, byY) => this.#look(() => this.#view.move(byX, byY)),
      onzoom: (by, at) => this.zoom(by, at),
      onpoint: (at) => this.#point(at ? this.#near(at) : null),
      onclick: (at, isDouble) => this.#click(at, isDouble),
    });
    void document.fonts.load(FONT).then(() => {
      for (const node of this.#nodes) node.width = 0;
      this.#draw();
    });
  }

  get size(): number {
    return this.#nodes.length;
  }

  /** Those that can be grown first, and by name. */
  get words(): { word: string; isLearned: boolean }[] {
    return this.#nodes
      .map(({ word, isLearned }) => ({ word, isLearned }))
      .sort(
        (one, other) =>
          Number(other.isLearned) - Number(one.isLearned) || one.word.localeCompare(other.word, "en"),
      );
  }

  /** Where a word stands, in pixels from the picture's corner. */
  placeOf(word: string): Point | null {
    const index = this.#nodes.findIndex((node) => node.word === word);
    return index < 0 ? null : this.#at(index);
  }

  /** Adds a neighbourhood; new words begin near the word that they grew from. */
  add(found: Neighbourhood, from: string | null): void {
    const start = this.#nodes.findIndex((node) => node.word === from);
    const middle = start < 0 ? { x: 0, y: 0 } : this.#place(start);
    const places = [...this.#places];
    const isNew = !this.#nodes.length;
    // the word that it is about is the first of all
    for (const node of [...found.nodes].sort((one, other) => one.distance - other.distance)) {
      const known = this.#indexOf.get(node.key);
      if (known !== undefined) {
        if (node.depth) (this.#nodes[known] as Node).isLearned = true;
      } else if (this.#nodes.length < MOST_NODES) {
        const n = this.#nodes.length;
        const distance = n ? 12 * Math.sqrt(n) : 0;
        places.push(
          middle.x + distance * Math.cos(n * 2.399963),
          middle.y + distance * Math.sin(n * 2.399963),
        );
        this.#indexOf.set(node.key, n);
        this.#nodes.push({
          key: node.key,
          word: node.word,
          isLearned: node.depth !== null,
          links: new Set(),
          width: 0,
        });
      }
    }
    for (const edge of found.edges)
      this.#link(this.#indexOf.get(edge.source), this.#indexOf.get(edge.target));
    this.#places = Float32Array.from(places);
    this.#ranked = this.#nodes
      .map((_, index) => index)
      .sort((one, other) => this.#rank(other) - this.#rank(one));
    if (!this.#isMoved) this.#view.fit(this.#places);
    this.#lay(isNew ? 1 : 0.5);
    if (!isNew) this.#draw();
  }

  zoom(by: number, at?: Point): void {
    this.#look(() => this.#view.zoom(by, at));
  }

  /** Shows all of it again. */
  fit(): void {
    this.#isMoved = false;
    this.#view.fit(this.#places);
    this.#draw();
  }

  recolour(): void {
    this.#palette = palette();
    this.#draw();
  }

  destroy(): void {
    this.#pointing.destroy();
    this.#observer.disconnect();
    this.#worker.terminate();
    cancelAnimationFrame(this.#frame);
  }

  #link(source: number | undefined, target: number | undefined): void {
    if (source === undefined || target === undefined || source === target) return;
    (this.#nodes[source] as Node).links.add(target);
    (this.#nodes[target] as Node).links.add(source);
  }

  #rank(index: number): number {
    const node = this.#nodes[index] as Node;
    return index === 0 ? Infinity : node.links.size + (node.isLearned ? 0.5 : 0);
  }

  #kind(index: number): Kind {
    return index === 0 ? "centre" : this.#nodes[index]?.isLearned ? "learned" : "ghost";
  }

  #lay(heat: number): void {
    const links = Uint32Array.from(
      this.#nodes.flatMap((node, index) =>
        [...node.links].filter((other) => other > index).flatMap((other) => [index, other]),
      ),
    );
    const task: LayoutTask = { number: ++this.#task, places: this.#places, links, heat };
    this.#worker.postMessage(task);
  }

  #settle({ number, places, isLast }: LayoutNews): void {
    if (number !== this.#task || (this.#isStill && !isLast)) return;
    this.#places = places as Float32Array<ArrayBuffer>;
    if (!this.#isMoved) this.#view.fit(places);
    this.#draw();
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    this.#isSized = true;
    const sharpness = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * sharpness);
    this.canvas.height = Math.round(height * sharpness);
    this.#view.size.width = width;
    this.#view.size.height = height;
    if (!this.#isMoved) this.#view.fit(this.#places);
    // at once: a canvas that has another size is blank
    this.#paint();
  }

  #look(change: () => void): void {
    this.#isMoved = true;
    change();
    this.#draw();
  }

  #point(index: number | null): void {
    if (index === this.#pointed) return;
    this.#pointed = index;
    this.canvas.style.cursor = index === null ? "" : "pointer";
    this.#draw();
  }

  #click(at: Point, isDouble: boolean): void {
    const index = this.#near(at);
    if (index === null) {
      if (isDouble) this.zoom(1.6, at);
      return;
    }
    const { word } = this.#nodes[index] as Node;
    if (isDouble) this.hearer.onopen(word);
    else this.hearer.onpick(word);
  }

  #place(index: number): Point {
    return { x: this.#places[2 * index] as number, y: this.#places[2 * index + 1] as number };
  }

  #at(index: number): Point {
    return this.#view.toScreen(this.#place(index));
  }

  #near(at: Point): number | null {
    let best: number | null = null;
    let least = Infinity;
    for (let index = 0; index < this.#nodes.length; index++) {
      const place = this.#at(index);
      const distance = Math.hypot(place.x - at.x, place.y - at.y) - this.#radius(index);
      if (distance < least && distance <= REACH) [best, least] = [index, distance];
    }
    return best;
  }

  #radius(index: number): number {
    return RADIUS[this.#kind(index)] * this.#view.crowding * (index === this.#pointed ? 1.3 : 1);
  }

  #draw(): void {
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { width, height } = this.#view.size;
    if (!this.#isSized) return;
    const sharpness = this.canvas.width / width;
    this.#pen.setTransform(sharpness, 0, 0, sharpness, 0, 0);
    this.#pen.clearRect(0, 0, width, height);
    const at = this.#nodes.map((_, index) => this.#at(index));
    const seen = at.flatMap(({ x, y }, index) =>
      x > -20 && y > -20 && x < width + 20 && y < height + 20 ? [index] : [],
    );
    this.#paintLines(at);
    this.#paintDiscs(at, seen);
    this.#paintNames(at, new Set(seen));
    this.hearer.ondrawn();
  }

  #paintLines(at: readonly Point[]): void {
    const pen = this.#pen;
    const stroke = (color: string, width: number, from: Iterable<number>): void => {
      pen.beginPath();
      for (const index of from) {
        for (const other of (this.#nodes[index] as Node).links) {
          if (other < index && index !== this.#pointed) continue;
          pen.moveTo((at[index] as Point).x, (at[index] as Point).y);
          pen.lineTo((at[other] as Point).x, (at[other] as Point).y);
        }
      }
      pen.strokeStyle = color;
      pen.lineWidth = width;
      pen.stroke();
    };
    stroke(this.#palette.line, this.#nodes.length > FEW ? 0.5 : 1, this.#nodes.keys());
    if (this.#pointed !== null) stroke(this.#palette.centre, 1.5, [this.#pointed]);
  }

  /** A disc for what is learned, a ring for what is not: told apart without colour. A ring is two discs, for strokes take four times as long. */
  #paintDiscs(at: readonly Point[], seen: readonly number[]): void {
    const fill = (kind: Kind, color: string, less = 0): void => {
      this.#pen.beginPath();
      for (const index of seen) {
        if (this.#kind(index) !== kind) continue;
        const { x, y } = at[index] as Point;
        this.#pen.moveTo(x, y);
        this.#pen.arc(x, y, this.#radius(index) * (1 - less), 0, 2 * Math.PI);
      }
      this.#pen.fillStyle = color;
      this.#pen.fill();
    };
    fill("ghost", this.#palette.ghost);
    fill("ghost", this.#palette.paper, RING);
    fill("learned", this.#palette.learned);
    fill("centre", this.#palette.centre);
  }

  #paintNames(at: readonly Point[], seen: ReadonlySet<number>): void {
    const pen = this.#pen;
    pen.font = FONT;
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    const nearFirst =
      this.#pointed === null
        ? this.#ranked
        : [this.#pointed, ...(this.#nodes[this.#pointed]?.links ?? []), ...this.#ranked];
    const tried = [...new Set(nearFirst)].filter((index) => seen.has(index)).slice(0, MOST_TRIED);
    const names = tried.map((index): Name => ({
      at: at[index] as Point,
      radius: this.#radius(index),
      width: this.#widthOf(index),
    }));
    const { width, height } = this.#view.size;
    const few = this.#nodes.length <= FEW;
    const placed = placeNames(names, this.#view.size, {
      most: few ? FEW : Math.round((width * height) / ROOM_OF_A_NAME),
      discs: names.slice(0, few ? FEW : 1),
      middle: this.#at(0),
    });
    pen.strokeStyle = this.#palette.paper;
    pen.lineWidth = 3;
    for (const { index, at: place } of placed) {
      const node = tried[index] as number;
      const { word } = this.#nodes[node] as Node;
      pen.fillStyle = this.#palette[this.#kind(node) === "ghost" ? "ghost" : "learned"];
      pen.strokeText(word, place.x, place.y);
      pen.fillText(word, place.x, place.y);
    }
  }

  #widthOf(index: number): number {
    const node = this.#nodes[index] as Node;
    return (node.width ||= this.#pen.measureText(node.word).width);
  }
}

function palette(): Palette {
  return Object.fromEntries(Object.entries(TOKENS).map(([name, token]) => [name, colour(token)])) as Palette;
}
