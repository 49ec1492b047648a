import { afterEach, describe, expect, it, vi } from "vitest";
import type { Job } from "../api/types";
import { verdictOf } from "./learning";

const job = (fields: object) =>
  ({
    job_id: "j",
    status: "completed",
    last_round: 1,
    errors: [],
    counts: { stored: 0, accepted: 0 },
    ...fields,
  }) as unknown as Job;

function answered(candidates: object[], outcomes: object[] = []): void {
  const answer = JSON.stringify({ candidates, results: [{ outcomes }] });
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(answer)));
}
afterEach(() => vi.unstubAllGlobals());

describe("the verdict on a word", () => {
  it("says that it was learned", async () => {
    expect(await verdictOf(job({ counts: { stored: 1 } }), "moss")).toEqual({
      isLearned: true,
      said: "learned",
    });
  });

  it("says why the job failed, even if words were accepted", async () => {
    expect(await verdictOf(job({ status: "failed", errors: ["The model refused."] }), "moss")).toEqual({
      isLearned: false,
      said: "failed: The model refused.",
    });
  });

  it("names the known word for an inflection", async () => {
    answered([
      {
        text: "mosses",
        key: "mosses",
        verdict: "inflection",
        reason: "An inflection of “moss”",
        variant_of: "moss",
      },
    ]);
    expect(await verdictOf(job({}), "mosses")).toEqual({
      isLearned: false,
      said: "an inflection of “moss”",
      known: "moss",
      isRefused: true,
    });
  });

  it.each([
    ["claimed elsewhere", undefined],
    ["known", true],
    ["spelling variant", true],
    ["number", true],
  ])("offers another try only where it may end otherwise: %s", async (verdict, isRefused) => {
    answered([{ text: "moss", key: "moss", verdict, reason: null }]);
    expect((await verdictOf(job({}), "moss")).isRefused).toBe(isRefused);
  });

  it.each([
    ["not_in_lexicon", true],
    ["unavailable", undefined],
  ])("takes what the lexicon lacks for refused: %s", async (reason_code, isRefused) => {
    answered(
      [{ text: "moss", key: "moss", verdict: "accepted", reason: null }],
      [{ key: "moss", word: "moss", stored: null, reason: "lost", reason_code }],
    );
    expect((await verdictOf(job({}), "moss")).isRefused).toBe(isRefused);
  });

  it("says why it failed", async () => {
    answered(
      [{ text: "qwerty", key: "qwerty", verdict: "accepted", reason: null }],
      [{ key: "qwerty", word: "qwerty", stored: null, reason: "No definition was found" }],
    );
    expect(await verdictOf(job({}), "qwerty")).toEqual({
      isLearned: false,
      said: "not learned: no definition was found",
    });
  });

  it("gives no reason when the round cannot be read", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("{}", { status: 503 })));
    expect(await verdictOf(job({}), "moss")).toEqual({ isLearned: false, said: "not learned" });
  });
});
