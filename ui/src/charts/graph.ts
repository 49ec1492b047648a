/** The words around a word and the links between them. No canvas needed. */

import type { Graph } from "../api/types";
import type { Point } from "./view";

const MOST_NODES = 5_000;
/** The golden angle, in radians: it spreads points evenly around the middle. */
const TURN = 2.399963;

export type NodeKind = "centre" | "learned" | "ghost";

interface Node {
  word: string;
  isLearned: boolean;
  links: Set<number>;
}

/** The first node is the word at the centre. Nodes are identified by their index, which never changes. */
export class WordGraph {
  /** x and y of each node. */
  places = new Float32Array();
  #nodes: Node[] = [];
  #indexOf = new Map<string, number>();
  #ranked: number[] = [];

  get size(): number {
    return this.#nodes.length;
  }

  /** Node indices, most links first. */
  get ranked(): readonly number[] {
    return this.#ranked;
  }

  /** Learned words first, which can be expanded; then by name. */
  get words(): { word: string; isLearned: boolean }[] {
    return this.#nodes
      .map(({ word, isLearned }) => ({ word, isLearned }))
      .sort(
        (one, other) =>
          Number(other.isLearned) - Number(one.isLearned) || one.word.localeCompare(other.word, "en"),
      );
  }

  /** Pairs of node indices, each link once. */
  get links(): Uint32Array {
    return Uint32Array.from(
      this.#nodes.flatMap((node, index) =>
        [...node.links].filter((other) => other > index).flatMap((other) => [index, other]),
      ),
    );
  }

  /** The index of a word, or -1 if it is not in the graph. */
  find(word: string | null): number {
    return this.#nodes.findIndex((node) => node.word === word);
  }

  word(index: number): string {
    return (this.#nodes[index] as Node).word;
  }

  kind(index: number): NodeKind {
    return index === 0 ? "centre" : this.#nodes[index]?.isLearned ? "learned" : "ghost";
  }

  place(index: number): Point {
    return { x: this.places[2 * index] as number, y: this.places[2 * index + 1] as number };
  }

  linked(index: number): ReadonlySet<number> {
    return (this.#nodes[index] as Node).links;
  }

  /** Adds a neighbourhood; new words start near the word they were expanded from. */
  add(found: Graph, from: string | null): void {
    const start = this.find(from);
    const middle = start < 0 ? { x: 0, y: 0 } : this.place(start);
    const places = [...this.places];
    // the word at the centre comes first
    for (const node of [...found.nodes].sort((one, other) => one.distance - other.distance)) {
      const known = this.#indexOf.get(node.key);
      if (known !== undefined) {
        if (node.depth) (this.#nodes[known] as Node).isLearned = true;
      } else if (this.#nodes.length < MOST_NODES) {
        const n = this.#nodes.length;
        const distance = n ? 12 * Math.sqrt(n) : 0;
        places.push(middle.x + distance * Math.cos(n * TURN), middle.y + distance * Math.sin(n * TURN));
        this.#indexOf.set(node.key, n);
        this.#nodes.push({ word: node.word, isLearned: node.depth !== null, links: new Set() });
      }
    }
    for (const edge of found.edges) {
      this.#link(this.#indexOf.get(edge.source), this.#indexOf.get(edge.target));
    }
    this.places = Float32Array.from(places);
    this.#ranked = this.#nodes
      .map((_, index) => index)
      .sort((one, other) => this.#rank(other) - this.#rank(one));
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
}
