/** A job's pace: now, from the latest frames, and over its lifetime, from its log. */

import type { JobEvent } from "../api/types";
import type { JobFrame } from "./frames";

export const WINDOW_MS = 12_000;
/** How far back to look for a batch to measure from, when batches are rare. */
const LONGEST_MS = 120_000;
/** How many samples from before the window are kept. */
const MOST_OLDER = 12;
/** Shortest span to measure: below it, one batch more or less decides the result. */
const LEAST_MS = 4_000;
/** After this many batch intervals without a word the pace is 0. */
const STANDSTILL = 4;
export const STAGES = ["propose", "research", "synthesize", "enrich"] as const;
export type Stage = (typeof STAGES)[number];

/** Progress at one moment of the server's clock, in milliseconds. */
export interface Sample {
  at: number;
  attempt: number;
  stored: number;
  stages: Readonly<Record<Stage, number>>;
}

/**
 * Adds a sample for this frame
 * and drops those of another attempt and those too old to measure from.
 */
export function noted(samples: readonly Sample[], frame: JobFrame, now: number): readonly Sample[] {
  const at = frame.sent_at ? Date.parse(frame.sent_at) : now;
  const stages = Object.fromEntries(STAGES.map((stage) => [stage, frame.stages[stage]?.done ?? 0])) as Record<
    Stage,
    number
  >;
  // a job that waits for a retry has no pace
  const isAtWork = frame.status === "running" || frame.status === "cancelling";
  const kept = samples.filter(
    (sample) =>
      isAtWork &&
      sample.attempt === frame.attempt &&
      sample.at < at &&
      at - sample.at <= LONGEST_MS &&
      sample.stored <= frame.counts.stored,
  );
  const [before, last] = kept.slice(-2);
  // of a span without change, the first and last sample are enough
  if (
    before &&
    last?.stored === before.stored &&
    STAGES.every((stage) => last.stages[stage] === before.stages[stage])
  ) {
    kept.pop();
  }
  const first = kept.findIndex((sample) => at - sample.at < WINDOW_MS);
  const older = first < 0 ? kept : kept.slice(0, first);
  return [
    ...older.slice(-MOST_OLDER),
    ...(first < 0 ? [] : kept.slice(first)),
    { at, attempt: frame.attempt, stored: frame.counts.stored, stages },
  ];
}

/**
 * Words per second, measured from one change to another
 * over about 12 seconds, or longer when batches are rare.
 * Null while there is too little data; 0 when nothing arrives any more.
 */
export function perSecond(samples: readonly Sample[], of: (sample: Sample) => number): number | null {
  const last = samples.at(-1);
  const changes = samples.filter(
    (sample, index) => index > 0 && of(sample) > of(samples[index - 1] as Sample),
  );
  const end = changes.at(-1);
  if (!last) return null;
  if (!end) return last.at - (samples[0] as Sample).at >= LONGEST_MS / 2 ? 0 : null;
  const from = Math.max(
    0,
    changes.findLastIndex((change) => end.at - change.at >= WINDOW_MS),
  );
  const begin = changes[from] as Sample;
  const span = end.at - begin.at;
  if (span < LEAST_MS) return last.at - end.at >= LONGEST_MS / 2 ? 0 : null;
  const each = span / (changes.length - 1 - from);
  const silence = last.at - end.at;
  if (silence > Math.max(WINDOW_MS, STANDSTILL * each)) return 0;
  return ((of(end) - of(begin)) / Math.max(span, span + silence - 1.5 * each)) * 1000;
}

/** Possible lengths of a chart interval, in seconds; about two batches fall into each. */
const STRETCHES_S = [5, 15, 30, 60, 120, 300];
const GAPS = 200;

function stretchFor(moments: readonly number[]): number {
  const latest = moments.slice(-GAPS - 1);
  const gaps = latest
    .slice(1)
    .map((at, index) => at - (latest[index] as number))
    .sort((one, other) => one - other);
  const gapS = (gaps[gaps.length >> 1] ?? 0) / 1000;
  return STRETCHES_S.find((stretch) => stretch >= 2 * gapS) ?? (STRETCHES_S.at(-1) as number);
}

/**
 * Words per minute over a job's lifetime: times in seconds since 1970,
 * and the pace in the interval that starts there. Pauses are 0.
 */
export function wordsAMinute(
  events: readonly JobEvent[],
  stretch?: number,
): { at: number[]; words: number[] } {
  const learned = events.filter((event) => event.kind === "words.learned");
  const stretchS = stretch ?? stretchFor(learned.slice(-GAPS - 1).map((event) => Date.parse(event.occurred)));
  const first = learned[0];
  const last = learned.at(-1);
  if (!first || !last) return { at: [], words: [] };
  const stretchOf = (event: JobEvent) => Math.floor(Date.parse(event.occurred) / 1000 / stretchS);
  const from = stretchOf(first) - 1;
  const length = Math.min(stretchOf(last) - from + 1, 10_000);
  const words = new Array<number>(length).fill(0);
  for (const event of learned) {
    const at = stretchOf(event) - from;
    if (at < length) words[at] = (words[at] as number) + (event.words.length * 60) / stretchS;
  }
  // the last interval is incomplete and would look like a drop
  if (words.length > 4) words.pop();
  return { at: words.map((_, index) => (from + index) * stretchS), words };
}

/** Fewer intervals than this would draw a spike, not a pace. */
const LEAST_DRAWN = 4;

/** Whether a series is worth a chart. */
export const isDrawable = ({ at }: { at: readonly number[] }): boolean => at.length >= LEAST_DRAWN;

/** The most recently learned words, newest first, without repeats. */
export function newestWords(events: readonly JobEvent[], most: number): string[] {
  const found = new Set<string>();
  for (let index = events.length - 1; index >= 0 && found.size < most; index--) {
    const event = events[index] as JobEvent;
    if (event.kind === "words.learned") for (const word of [...event.words].reverse()) found.add(word);
  }
  return [...found].slice(0, most);
}
