import { expect, it } from "vitest";
import { frame } from "../../live/frames.fixture";
import { funnelOf } from "./funnel";

const values = (status: "running" | "completed", counts: object) =>
  funnelOf(frame({ status, counts: { ...frame().counts, ...counts } })).map((step) => step.value);
const all = { proposed: 3, valid: 3, unseen: 3, accepted: 3 };

it.each([
  ["completed", {}, []],
  ["running", {}, []],
  ["completed", { ...all, stored: 3 }, []],
  ["running", { ...all, stored: 1 }, []],
  ["completed", { ...all, stored: 1 }, [3, 3, 3, 3, 1]],
  ["running", { ...all, unseen: 2, accepted: 2, stored: 2 }, [3, 3, 2, 2, 2]],
  ["completed", { ...all, valid: 2, unseen: 2, accepted: 2, stored: 2 }, [3, 2, 2, 2, 2]],
] as const)("%s %j has the bars %j", (status, counts, wanted) => {
  expect(values(status, counts)).toEqual(wanted);
});
