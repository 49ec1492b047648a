import { expect, it } from "vitest";
import { event } from "../../live/frames.fixture";
import { upTo } from "./log";

const events = ["a", "b", "c", "d"].map((id, second) => event(id, second));
const ids = (last: string, list = events) => upTo(list, last).map((one) => one.id);

it("a list that stands still takes earlier events and no later ones", () => {
  expect(ids("b")).toEqual(["a", "b"]);
  expect(ids("b", [event("0", -1), ...events])).toEqual(["0", "a", "b"]);
});

it("a list that does not stand still, or has lost its event, is whole", () => {
  for (const last of ["", "d", "gone"]) expect(ids(last)).toEqual(["a", "b", "c", "d"]);
});
