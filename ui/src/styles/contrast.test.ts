/** Checks the tokens in tokens.css against WCAG AA in both themes. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

type Theme = "light" | "dark";
const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");
const PAIR = /--([a-z-]+): light-dark\(oklch\(([^)]+)\), oklch\(([^)]+)\)\)/g;
const tokens = new Map(
  [...css.matchAll(PAIR)].map(([, name, light, dark]) => [
    name as string,
    { light: light as string, dark: dark as string },
  ]),
);

/** Relative luminance of an OKLCH colour (Björn Ottosson's matrices), clipped to sRGB like a screen. */
function luminance(oklch: string): number {
  const [lightness = 0, chroma = 0, hue = 0] = oklch.split(/\s+/).map(Number);
  const [a, b] = [chroma * Math.cos((hue * Math.PI) / 180), chroma * Math.sin((hue * Math.PI) / 180)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const cut = (value: number) => Math.min(1, Math.max(0, value));
  const red = cut(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
  const green = cut(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
  const blue = cut(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string, theme: Theme): number {
  const [high, low] = [one, other]
    .map((name) => luminance(tokens.get(name)?.[theme] ?? ""))
    .sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const PAPERS = ["paper", "paper-raised", "paper-sunk"];
const INKS = [
  "ink",
  "ink-quiet",
  "accent",
  ...["queued", "running", "cancelling", "completed", "failed", "cancelled"].map((state) => `state-${state}`),
];

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  it("knows black from white", () => {
    expect([luminance("1 0 0").toFixed(3), luminance("0 0 0").toFixed(3)]).toEqual(["1.000", "0.000"]);
  });

  it.each(INKS.flatMap((ink) => PAPERS.map((paper) => [ink, paper] as const)))(
    "%s on %s is readable",
    (ink, paper) => {
      expect(contrast(ink, paper, theme)).toBeGreaterThanOrEqual(4.5);
    },
  );

  it.each([
    ["accent-ink", "accent"],
    ["accent", "accent-soft"],
    ["ink", "fresh"],
  ] as const)("%s on %s is readable", (ink, paper) => {
    expect(contrast(ink, paper, theme)).toBeGreaterThanOrEqual(4.5);
  });

  it.each([
    "rule-strong",
    "accent",
    "state-running",
    "state-completed",
    "state-failed",
    "verdict-later",
    "verdict-known",
    "verdict-bad",
  ])("%s is seen as a line on paper", (line) => {
    for (const paper of PAPERS) expect(contrast(line, paper, theme)).toBeGreaterThanOrEqual(3);
  });
});
