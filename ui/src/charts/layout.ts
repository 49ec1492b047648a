/**
 * Force-directed layout of a graph, computed in steps.
 * Runs in a worker, so that the page stays responsive.
 */

import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationNodeDatum,
} from "d3-force";

export interface LayoutTask {
  /** Only the latest task counts. */
  number: number;
  /** x and y of each node; the first node stays in place. */
  places: Float32Array;
  /** Pairs of node indices. */
  links: Uint32Array;
  /** Initial strength, 0 to 1: a graph that was only extended should move less. */
  heat: number;
}
export interface LayoutNews {
  number: number;
  places: Float32Array;
  isLast: boolean;
}

/** Up to this many words are spaced so that each label fits; more stand closer. */
const ROOMY = 80;
const COOL = 0.01;

export class Layout {
  #simulation: Simulation<SimulationNodeDatum, undefined>;
  #nodes: SimulationNodeDatum[];

  constructor(task: LayoutTask) {
    const { places, links } = task;
    this.#nodes = Array.from({ length: places.length / 2 }, (_, n) => ({
      x: places[2 * n] as number,
      y: places[2 * n + 1] as number,
    }));
    const first = this.#nodes[0];
    if (first) [first.fx, first.fy] = [first.x, first.y];
    const pairs = Array.from({ length: links.length / 2 }, (_, n) => ({
      source: links[2 * n] as number,
      target: links[2 * n + 1] as number,
    }));
    const isRoomy = this.#nodes.length <= ROOMY;
    this.#simulation = forceSimulation(this.#nodes)
      .force("links", forceLink(pairs).distance(isRoomy ? 70 : 30))
      .force(
        "charge",
        forceManyBody()
          .strength(isRoomy ? -320 : -60)
          .theta(1.1)
          .distanceMax(isRoomy ? 1_000 : 400),
      )
      .force("collide", forceCollide(isRoomy ? 16 : 7))
      .force("x", forceX(0).strength(0.02))
      .force("y", forceY(0).strength(0.03))
      .alpha(task.heat)
      .alphaMin(COOL)
      .alphaDecay(this.#nodes.length > 1_000 ? 0.045 : 0.03)
      .stop();
  }

  get isCool(): boolean {
    return this.#simulation.alpha() < COOL;
  }

  /** Runs for the given time, or until nothing moves. */
  run(forMs: number): Float32Array {
    const end = performance.now() + forMs;
    do this.#simulation.tick();
    while (!this.isCool && performance.now() < end);
    return Float32Array.from(this.#nodes.flatMap(({ x, y }) => [x as number, y as number]));
  }
}
