import { expect, it } from "vitest";
import { outlook } from "./outlook";

const seen = (new_share: number, words_left: number) =>
  outlook({ forecast: { new_share, words_left }, counts: { proposed: 1405 } as never });

it("gives no precise number that the next proposal would change", () => {
  expect(seen(1, 983_503)).toBe("All recent proposals were new; the model could propose many more.");
  expect(seen(0.4, 12_345)).toBe(
    "40% of recent proposals were new; the model could propose at least 12,300 more.",
  );
});

it("says when little is left, and nothing without a forecast", () => {
  expect(seen(0, 0)).toBe("No recent proposals were new; the model could propose few more.");
  expect(outlook({ forecast: null, counts: {} as never })).toBe("");
});
