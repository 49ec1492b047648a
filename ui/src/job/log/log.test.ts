import { expect, it } from "vitest";
import { event } from "../../live/frames.fixture";
import { upTo, withoutRepeats } from "./log";

const events = ["a", "b", "c", "d"].map((id, second) => event(id, second));
const ids = (last: string, list = events) => upTo(list, last).map((one) => one.id);

it("a list that stands still takes earlier events and no later ones", () => {
  expect(ids("b")).toEqual(["a", "b"]);
  expect(ids("b", [event("0", -1), ...events])).toEqual(["0", "a", "b"]);
});

it("a list that does not stand still, or has lost its event, is whole", () => {
  for (const last of ["", "d", "gone"]) expect(ids(last)).toEqual(["a", "b", "c", "d"]);
});

it("a state of Prefect's that repeats the one before it is left out, and nothing else", () => {
  const lines = [
    ["state.scheduled", "Scheduled"],
    ["state.scheduled", "Awaiting concurrency slot"],
    ["state.scheduled", "Awaiting concurrency slot"],
    ["state.pending", "Pending"],
    ["state.scheduled", "Awaiting concurrency slot"],
    ["words.learned", "2 words learned"],
    ["words.learned", "2 words learned"],
  ] as const;
  const events = lines.map(([kind, text], at) => ({ ...event(String(at), at), kind, text }));
  expect(withoutRepeats(events).map(({ id }) => id)).toEqual(["0", "1", "3", "4", "5", "6"]);
});
