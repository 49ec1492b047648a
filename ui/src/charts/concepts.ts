/** The concept graph around a word, on a canvas. Loaded when an entry page opens. */

import type { Graph } from "../api/types";
import { WordGraph } from "./graph";
import type { LayoutNews, LayoutTask } from "./layout";
import { FONT, Painter } from "./painter";
import { Pointing } from "./pointing";
import { View, type Point } from "./view";

/** Pixels from a disc within which a click counts. */
const REACH = 8;

export interface Hearer {
  onpick: (word: string) => void;
  onopen: (word: string) => void;
  ondrawn: () => void;
}

export class ConceptMap {
  #graph = new WordGraph();
  #view = new View({ width: 1, height: 1 });
  #isMoved = false;
  #isSized = false;
  #painter: Painter;
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
    this.#painter = new Painter(pen, this.#graph, this.#view);
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
      this.#painter.remeasure();
      this.#draw();
    });
  }

  get size(): number {
    return this.#graph.size;
  }

  /** Learned words first, which can be expanded; then by name. */
  get words(): { word: string; isLearned: boolean }[] {
    return this.#graph.words;
  }

  /** Position of a word, in pixels from the top left corner of the canvas. */
  placeOf(word: string): Point | null {
    const index = this.#graph.find(word);
    return index < 0 ? null : this.#painter.at(index);
  }

  /** Adds a neighbourhood; new words start near the word they were expanded from. */
  add(found: Graph, from: string | null): void {
    const isNew = !this.#graph.size;
    this.#graph.add(found, from);
    if (!this.#isMoved) this.#view.fit(this.#graph.places);
    this.#lay(isNew ? 1 : 0.5);
    if (!isNew) this.#draw();
  }

  zoom(by: number, at?: Point): void {
    this.#look(() => this.#view.zoom(by, at));
  }

  /** Fits the whole graph into the view. */
  fit(): void {
    this.#isMoved = false;
    this.#view.fit(this.#graph.places);
    this.#draw();
  }

  recolour(): void {
    this.#painter.recolour();
    this.#draw();
  }

  destroy(): void {
    this.#pointing.destroy();
    this.#observer.disconnect();
    this.#worker.terminate();
    cancelAnimationFrame(this.#frame);
  }

  #lay(heat: number): void {
    const { places, links } = this.#graph;
    const task: LayoutTask = { number: ++this.#task, places, links, heat };
    this.#worker.postMessage(task);
  }

  #settle({ number, places, isLast }: LayoutNews): void {
    if (number !== this.#task || (this.#isStill && !isLast)) return;
    this.#graph.places = places as Float32Array<ArrayBuffer>;
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
    if (!this.#isMoved) this.#view.fit(this.#graph.places);
    // at once: resizing clears a canvas
    this.#paint();
  }

  #look(change: () => void): void {
    this.#isMoved = true;
    change();
    this.#draw();
  }

  #point(index: number | null): void {
    if (index === this.#painter.pointed) return;
    this.#painter.pointed = index;
    this.canvas.style.cursor = index === null ? "" : "pointer";
    this.#draw();
  }

  #click(at: Point, isDouble: boolean): void {
    const index = this.#near(at);
    if (index === null) {
      if (isDouble) this.zoom(1.6, at);
      return;
    }
    const word = this.#graph.word(index);
    if (isDouble) this.hearer.onopen(word);
    else this.hearer.onpick(word);
  }

  #near(at: Point): number | null {
    let best: number | null = null;
    let least = Infinity;
    for (let index = 0; index < this.#graph.size; index++) {
      const place = this.#painter.at(index);
      const distance = Math.hypot(place.x - at.x, place.y - at.y) - this.#painter.radius(index);
      if (distance < least && distance <= REACH) [best, least] = [index, distance];
    }
    return best;
  }

  #draw(): void {
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (!this.#isSized) return;
    this.#painter.paint(this.canvas.width / this.#view.size.width);
    this.hearer.ondrawn();
  }
}
