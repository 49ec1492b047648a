/** The concept graph around a word, drawn by sigma. Loaded when an entry is looked at. */

import Graph from "graphology";
import forceAtlas2, { inferSettings } from "graphology-layout-forceatlas2";
import Sigma from "sigma";
import type { Graph as Neighbourhood } from "../api/types";
import { colour } from "./colours";

const STEPS = 120;
const MOST_NODES = 5_000;

interface Node {
  word: string;
  isLearned: boolean;
  isCentre: boolean;
  x: number;
  y: number;
}

const TOKENS = { centre: "--accent", learned: "--ink", ghost: "--rule-strong", quiet: "--ink-quiet", line: "--rule", paper: "--paper-raised" } as const;
type Palette = Record<keyof typeof TOKENS, string>;

export interface Hearer {
  onpick: (word: string) => void;
  onopen: (word: string) => void;
}

export class ConceptMap {
  #graph = new Graph();
  #sigma: Sigma;
  #palette = palette();
  #click: ReturnType<typeof setTimeout> | undefined;

  constructor(box: HTMLElement, hearer: Hearer) {
    this.#sigma = new Sigma(this.#graph, box, {
      settings: { allowInvalidContainer: true, nodePickingPadding: 6, autoRescaleContent: "labels", itemSizesReference: "screen", labelRenderedSizeThreshold: 5, labelDensity: 1.2, stagePadding: 40, enableCameraRotation: false, gestureTarget: "shared", minCameraRatio: 0.05, maxCameraRatio: 4 },
      styles: {
        nodes: {
          x: { attribute: "x" },
          y: { attribute: "y" },
          size: (node, state) => (node.isCentre ? 10 : node.isLearned ? 6.5 : 5) * (state.isHovered ? 1.25 : 1),
          color: (node) => (node.isCentre ? this.#palette.centre : node.isLearned ? this.#palette.learned : this.#palette.ghost),
          label: { attribute: "word" },
          labelColor: (node) => (node.isLearned ? this.#palette.learned : this.#palette.quiet),
          backdropVisibility: { whenState: "isHovered", then: "visible", else: "hidden" },
          backdropColor: () => this.#palette.paper,
          backdropShadowBlur: 0,
          labelVisibility: { whenState: "isHovered", then: "visible", else: "auto" },
          labelFont: '"Source Serif 4 Variable", Georgia, serif',
          labelSize: 15,
          labelPosition: "right",
          cursor: "pointer",
        },
        edges: { size: 1, color: () => this.#palette.line },
      },
    });
    this.#sigma.on("clickNode", ({ node }) => {
      clearTimeout(this.#click);
      // a double click begins with a click
      this.#click = setTimeout(() => hearer.onpick(this.#word(node)), 260);
    });
    this.#sigma.on("doubleClickNode", ({ node, preventSigmaDefault }) => {
      preventSigmaDefault();
      clearTimeout(this.#click);
      hearer.onopen(this.#word(node));
    });
  }

  get size(): number {
    return this.#graph.order;
  }

  /** Adds a neighbourhood; new words begin near the word that they grew from. */
  add(found: Neighbourhood, from: string | null): void {
    const start = from === null ? undefined : this.#graph.nodes().find((key) => this.#word(key) === from);
    const [x, y] = start ? [this.#graph.getNodeAttribute(start, "x") as number, this.#graph.getNodeAttribute(start, "y") as number] : [0, 0];
    found.nodes.forEach((node, index) => {
      if (this.#graph.hasNode(node.key)) {
        if (node.depth) this.#graph.setNodeAttribute(node.key, "isLearned", true);
        return;
      }
      if (this.#graph.order >= MOST_NODES) return;
      const angle = index * 2.399963;
      const distance = node.distance === 0 && !start ? 0 : 1 + Math.sqrt(index);
      const attributes: Node = { word: node.word, isLearned: node.depth !== null, isCentre: from === null && node.distance === 0, x: x + distance * Math.cos(angle), y: y + distance * Math.sin(angle) };
      this.#graph.addNode(node.key, attributes);
    });
    for (const edge of found.edges) {
      if (this.#graph.hasNode(edge.source) && this.#graph.hasNode(edge.target)) this.#graph.mergeEdge(edge.source, edge.target);
    }
    this.#lay();
  }

  recolour(): void {
    this.#palette = palette();
    this.#sigma.refresh();
  }

  destroy(): void {
    clearTimeout(this.#click);
    this.#sigma.kill();
  }

  #word(key: string): string {
    return this.#graph.getNodeAttribute(key, "word") as string;
  }

  #lay(): void {
    if (this.#graph.order < 2) return;
    // fewer steps for a large graph, so that a click is never a long task
    const iterations = Math.max(10, Math.min(STEPS, Math.round(12_000 / this.#graph.order)));
    forceAtlas2.assign(this.#graph, { iterations, settings: { ...inferSettings(this.#graph), gravity: 0.6, scalingRatio: 6, barnesHutOptimize: this.#graph.order > 300 } });
  }
}

function palette(): Palette {
  return Object.fromEntries(Object.entries(TOKENS).map(([name, token]) => [name, colour(token)])) as Palette;
}
