/** The words-per-minute chart. Loaded when a job page opens. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { time } from "../shared/format";
import { colour } from "./colours";
import { marks } from "./marks";

export class RateChart {
  #plot: uPlot;
  #observer: ResizeObserver;

  constructor(
    readonly box: HTMLElement,
    at: number[],
    words: number[],
  ) {
    const ink = colour("--ink-quiet");
    const font = "12px Inter Variable, Inter, sans-serif";
    const axis = { stroke: ink, font, grid: { stroke: colour("--rule"), width: 1 }, ticks: { show: false } };
    const options: uPlot.Options = {
      ...this.#size(),
      padding: [8, 32, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
      scales: { y: { range: (_, _low, high) => [0, Math.max(10, high * 1.1)] } },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 30,
          space: 70,
          values: (_, ticks) => ticks.map((tick) => time(tick * 1000).slice(0, 8)),
        },
        { ...axis, size: 46, space: 36, values: (_, ticks) => marks(ticks) },
      ],
      series: [
        {},
        {
          stroke: colour("--accent"),
          width: 1.75,
          fill: `${colour("--accent")}22`,
          points: { show: false },
          ...(uPlot.paths.spline
            ? {
                paths: uPlot.paths.stepped ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.spline(),
              }
            : {}),
        },
      ],
    };
    this.#plot = new uPlot(options, closed(at, words), box);
    this.#observer = new ResizeObserver(() => this.#plot.setSize(this.#size()));
    this.#observer.observe(box);
  }

  show(at: number[], words: number[]): void {
    this.#plot.setData(closed(at, words));
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#plot.destroy();
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(200, this.box.clientWidth), height: 200 };
  }
}

/** Adds the end of the last interval, so that it is as wide as the others. */
function closed(at: number[], words: number[]): [number[], number[]] {
  const [before, last] = at.slice(-2);
  if (before === undefined || last === undefined) return [at, words];
  return [
    [...at, 2 * last - before],
    [...words, words.at(-1) as number],
  ];
}
