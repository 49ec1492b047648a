import { describe, expect, it } from "vitest";
import { frame } from "../live/frames.fixture";
import { factsOf, planOf } from "./parameters";

const told = (more: Parameters<typeof frame>[0]) =>
  Object.fromEntries(factsOf(frame(more)).map(({ name, value }) => [name, value]));

describe("the facts of a job", () => {
  it("of a big one are its topic, its limits, its model and who started it", () => {
    const parameters = { topic: "astronomy", minutes: 0.5, max_entries: 1200, words_per_round: 50 };
    expect(
      told({ parameters, model: "wordnet-bot", model_kind: "language_model", started_by: "dashboard" }),
    ).toEqual({
      topic: "astronomy",
      "time limit": "30 s",
      "word limit": "1,200",
      "words per round": "50",
      "candidates per round": "1,000",
      model: "wordnet-bot",
      "started by": "the dashboard",
    });
  });

  it("are the defaults where nothing was given, or null", () => {
    const defaults = {
      topic: "any",
      "time limit": "10 min",
      "word limit": "none",
      "words per round": "200",
      "candidates per round": "1,000",
    };
    expect(told({ parameters: {} })).toEqual(defaults);
    expect(told({ parameters: { topic: null, max_entries: null, minutes: null } })).toEqual(defaults);
  });

  it.each([
    ["quick", {}, "20"],
    ["deep", { topic: "music" }, "40"],
    ["deep", { limit: 7 }, "7"],
  ] as const)("of a %s job without words have the limit that holds", (mode, parameters, limit) => {
    expect(told({ mode, parameters })["word limit"]).toBe(limit);
  });

  it("of a job on given words are the words, and no limit of their number", () => {
    const parameters = { words: ["tide", "moss"], limit: 25, topic: null };
    expect(told({ mode: "quick", parameters, model: "oewn-2025", model_kind: "lexicon" })).toEqual({
      "2 words": "tide, moss",
      model: "offline lexicon (oewn-2025)",
    });
    expect(told({ mode: "deep", parameters: { words: ["tide"], minutes: 3 } })).toEqual({
      word: "tide",
      "time limit": "3 min",
    });
  });

  it("name the model of an older job by its quota", () => {
    const quota = [{ model: "llama", bound: "tokens_per_day" as const, left: 1, limit: 2 }];
    expect(told({ quota }).model).toBe("llama");
  });
});

describe("the plan of a job", () => {
  it.each([
    ["big", { topic: " music ", minutes: 5, max_entries: null, words_per_round: 20, limit: 3 }],
    ["deep", { topic: "music", minutes: 5, limit: 3, max_entries: 9 }],
    ["quick", { topic: "music", minutes: 5, limit: 3 }],
  ] as const)("of a %s one has what its form takes", (mode, parameters) => {
    const wanted = {
      big: { mode, topic: "music", minutes: 5, words_per_round: 20 },
      deep: { mode, topic: "music", minutes: 5, limit: 3 },
      quick: { mode, topic: "music", limit: 3 },
    }[mode];
    expect(planOf({ mode, parameters })).toEqual(wanted);
  });

  it("on words leaves out topic and limit, and what is no word", () => {
    const parameters = { words: ["tide", 7, "moss"], topic: "sea", limit: 3 };
    expect(planOf({ mode: "quick", parameters })).toEqual({ mode: "quick", words: ["tide", "moss"] });
  });
});
