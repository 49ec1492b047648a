import { describe, expect, it } from "vitest";
import type { Graph } from "../api/types";
import { WordGraph } from "./graph";

/** A word and those it mentions, with the server's depth: null if not learned. */
function around(centre: string, words: Record<string, Graph["nodes"][number]["depth"]>): Graph {
  const node = (word: string, depth: Graph["nodes"][number]["depth"], distance: number) =>
    ({ key: word, word, depth, distance }) as Graph["nodes"][number];
  const others = Object.keys(words);
  return {
    // the server sends them in any order
    nodes: [...others.map((word) => node(word, words[word] ?? null, 1)), node(centre, "enriched", 0)],
    edges: others.map((word) => ({ source: centre, target: word }) as Graph["edges"][number]),
    is_cut: false,
  };
}
const moss = () => around("moss", { fern: "enriched", spore: null, bog: null });

describe("a graph of words", () => {
  it("puts its own word first, in the middle", () => {
    const graph = new WordGraph();
    graph.add(moss(), null);
    expect([graph.word(0), graph.kind(0), graph.place(0)]).toEqual(["moss", "centre", { x: 0, y: 0 }]);
    expect([graph.kind(graph.find("fern")), graph.kind(graph.find("bog"))]).toEqual(["learned", "ghost"]);
    expect(graph.ranked[0]).toBe(0);
    expect(graph.words.map(({ word }) => word)).toEqual(["fern", "moss", "bog", "spore"]);
  });

  it("holds each word and each link once", () => {
    const graph = new WordGraph();
    graph.add(moss(), null);
    graph.add(moss(), "moss");
    expect([graph.size, graph.links.length, graph.places.length]).toEqual([4, 6, 8]);
  });

  it("grows near the expanded word and leaves the others in place", () => {
    const graph = new WordGraph();
    graph.add(moss(), null);
    const before = [...graph.places];
    graph.places.set([1_000, 2_000], 2 * graph.find("fern"));
    graph.add(around("fern", { frond: null, spore: null }), "fern");
    const { x, y } = graph.place(graph.find("frond"));
    expect(Math.hypot(x - 1_000, y - 2_000)).toBeLessThan(60);
    expect(graph.place(graph.find("bog")).x).toBe(before[2 * graph.find("bog")]);
    expect(graph.linked(graph.find("spore"))).toEqual(new Set([0, graph.find("fern")]));
  });

  it("marks a word as learned once it is", () => {
    const graph = new WordGraph();
    graph.add(moss(), null);
    graph.add(around("moss", { bog: "deep" }), "moss");
    expect(graph.kind(graph.find("bog"))).toBe("learned");
  });

  it("returns -1 for a word it does not hold", () => {
    expect([new WordGraph().find("moss"), new WordGraph().find(null)]).toEqual([-1, -1]);
  });
});
