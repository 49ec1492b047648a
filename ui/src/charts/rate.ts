/** The chart of words a minute. Loaded when a job is looked at. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { short, time } from "../format";
import { colour } from "./colours";

export class RateChart {
  #plot: uPlot;
  #observer: ResizeObserver;

  constructor(readonly box: HTMLElement, at: number[], words: number[]) {
    const ink = colour("--ink-quiet");
    const font = "12px Inter Variable, Inter, sans-serif";
    const axis = { stroke: ink, font, grid: { stroke: colour("--rule"), width: 1 }, ticks: { show: false } };
    const options: uPlot.Options = {
      ...this.#size(),
      legend: { show: false },
      cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
      scales: { y: { range: (_, _low, high) => [0, Math.max(10, high * 1.1)] } },
      axes: [
        { ...axis, grid: { show: false }, space: 70, values: (_, ticks) => ticks.map((tick) => time(tick * 1000).slice(0, 8)) },
        { ...axis, size: 46, space: 36, values: (_, ticks) => ticks.map((tick) => short(tick)) },
      ],
      series: [
        {},
        { stroke: colour("--accent"), width: 1.75, fill: `${colour("--accent")}22`, points: { show: false }, ...(uPlot.paths.spline ? { paths: uPlot.paths.stepped ? (uPlot.paths.stepped({ align: 1 }) as uPlot.Series.PathBuilder) : uPlot.paths.spline() } : {}) },
      ],
    };
    this.#plot = new uPlot(options, [at, words], box);
    this.#observer = new ResizeObserver(() => this.#plot.setSize(this.#size()));
    this.#observer.observe(box);
  }

  show(at: number[], words: number[]): void {
    this.#plot.setData([at, words]);
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#plot.destroy();
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(200, this.box.clientWidth), height: 200 };
  }
}
