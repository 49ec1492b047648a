/** The concept graph around a word, drawn by sigma. Loaded when an entry is looked at. */

import Graph from "graphology";
import forceAtlas2, { inferSettings, type ForceAtlas2Settings } from "graphology-layout-forceatlas2";
import Sigma from "sigma";
import type { FragmentLayer } from "sigma/rendering";
import type { Graph as Neighbourhood } from "../api/types";
import { colour } from "./colours";

const STEPS = 120;
/** Of the largest graphs, where a step takes long. */
const LEAST_STEPS = 15;
const MOST_NODES = 5_000;
/** A graph of so many words is laid out at one go; a larger one in slices between frames, so that the page stays quick. */
const AT_ONCE = 400;
const SLICE_MS = 8;
/** So few words have all of their names shown. */
const ALL_NAMED = 24;

interface Node {
  word: string;
  isLearned: boolean;
  isCentre: boolean;
  x: number;
  y: number;
}

/** A disc for what is learned, a ring for what is not: the core has the paper's colour. */
const DISC: FragmentLayer = {
  name: "disc",
  uniforms: [],
  attributes: [
    { name: "discColor", size: 4, type: WebGL2RenderingContext.UNSIGNED_BYTE, normalized: true, source: "color" },
    { name: "coreColor", size: 4, type: WebGL2RenderingContext.UNSIGNED_BYTE, normalized: true, source: "core" },
  ],
  glsl: `
vec4 layer_disc(vec4 v_discColor, vec4 v_coreColor) {
  float edge = -1.75 * context.pixelToUV;
  return mix(v_coreColor, v_discColor, smoothstep(edge - context.aaWidth, edge + context.aaWidth, context.sdf));
}
`,
};

const TOKENS = { centre: "--accent", learned: "--ink", ghost: "--ink-quiet", quiet: "--ink-quiet", line: "--rule", paper: "--paper" } as const;
type Palette = Record<keyof typeof TOKENS, string>;

export interface Hearer {
  onpick: (word: string) => void;
  onopen: (word: string) => void;
}

export class ConceptMap {
  #graph = new Graph();
  #sigma: Sigma;
  #palette = palette();
  #frame = 0;
  #click: ReturnType<typeof setTimeout> | undefined;

  constructor(box: HTMLElement, hearer: Hearer) {
    this.#sigma = new Sigma(this.#graph, box, {
      settings: { allowInvalidContainer: true, nodePickingPadding: 6, autoRescaleContent: "labels", itemSizesReference: "screen", labelRenderedSizeThreshold: 5, labelDensity: 1.2, stagePadding: 40, enableCameraRotation: false, gestureTarget: "shared", minCameraRatio: 0.05, maxCameraRatio: 4 },
      primitives: { nodes: { variables: { core: { type: "color", default: "#808080" } }, layers: [DISC] } },
      styles: {
        nodes: {
          x: { attribute: "x" },
          y: { attribute: "y" },
          size: (node, state) => (node.isCentre ? 10 : node.isLearned ? 6.5 : 5) * (state.isHovered ? 1.25 : 1),
          color: (node) => (node.isCentre ? this.#palette.centre : node.isLearned ? this.#palette.learned : this.#palette.ghost),
          core: (node) => (node.isCentre ? this.#palette.centre : node.isLearned ? this.#palette.learned : this.#palette.paper),
          label: { attribute: "word" },
          labelColor: (node) => (node.isLearned ? this.#palette.learned : this.#palette.quiet),
          backdropVisibility: { whenState: "isHovered", then: "visible", else: "hidden" },
          backdropColor: () => this.#palette.paper,
          backdropShadowBlur: 0,
          labelVisibility: { whenState: "isHovered", then: "visible", else: () => (this.#graph.order <= ALL_NAMED ? "visible" : "auto") },
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

  /** Those that can be grown first, and by name. */
  get words(): { word: string; isLearned: boolean }[] {
    const found = this.#graph.mapNodes((key) => ({ word: this.#word(key), isLearned: this.#graph.getNodeAttribute(key, "isLearned") as boolean }));
    return found.sort((one, other) => Number(other.isLearned) - Number(one.isLearned) || one.word.localeCompare(other.word, "en"));
  }

  /** Where a word stands, in pixels from the picture's corner. */
  placeOf(word: string): { x: number; y: number } | null {
    const key = this.#graph.findNode((one) => this.#word(one) === word);
    const data = key === undefined ? undefined : this.#sigma.getNodeDisplayData(key);
    return data ? this.#sigma.framedGraphToViewport(data) : null;
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
    cancelAnimationFrame(this.#frame);
    this.#sigma.kill();
  }

  #word(key: string): string {
    return this.#graph.getNodeAttribute(key, "word") as string;
  }

  #lay(): void {
    cancelAnimationFrame(this.#frame);
    const { order } = this.#graph;
    if (order < 2) return;
    const settings = { ...inferSettings(this.#graph), gravity: 0.6, scalingRatio: 6, barnesHutOptimize: order > 300 };
    if (order <= AT_ONCE) forceAtlas2.assign(this.#graph, { iterations: STEPS, settings });
    else this.#layInSlices(this.#graph.copy(), { ...settings, barnesHutTheta: 1.2 }, Math.max(LEAST_STEPS, Math.round((STEPS * AT_ONCE) / order)));
  }

  /** On a copy, so that the picture is drawn once and not after each slice. */
  #layInSlices(copy: Graph, settings: ForceAtlas2Settings, steps: number): void {
    const begun = performance.now();
    let left = steps;
    for (; left > 0 && performance.now() - begun < SLICE_MS; left--) forceAtlas2.assign(copy, { iterations: 1, settings });
    if (left > 0) this.#frame = requestAnimationFrame(() => this.#layInSlices(copy, settings, left));
    else this.#graph.updateEachNodeAttributes((key, node) => ({ ...node, x: copy.getNodeAttribute(key, "x") as number, y: copy.getNodeAttribute(key, "y") as number }));
  }
}

function palette(): Palette {
  return Object.fromEntries(Object.entries(TOKENS).map(([name, token]) => [name, colour(token)])) as Palette;
}
