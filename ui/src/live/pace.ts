/** How fast a job goes: now, from the last frames, and over its life, from its log. */

import type { JobEvent, JobFrame } from "./frames";

export const WINDOW_MS = 12_000;
/** Where batches are rare: so far back is looked for one to measure from. */
const LONGEST_MS = 120_000;
/** Of the time before the window so many samples are kept. */
const MOST_OLDER = 12;
/** Words come in batches: over less than that, one batch more or less is all that is measured. */
const LEAST_MS = 4_000;
/** So many times as long as batches took, and nothing came: it stands still. */
const STANDSTILL = 4;
export const STAGES = ["propose", "research", "synthesize", "enrich"] as const;
export type Stage = (typeof STAGES)[number];

/** How much was done at one moment of the server's clock, in milliseconds. */
export interface Sample {
  at: number;
  attempt: number;
  stored: number;
  stages: Readonly<Record<Stage, number>>;
}

/**
 * Samples with one of this frame;
 * those of another attempt, and those that are too old to measure from, are dropped.
 */
export function noted(samples: readonly Sample[], frame: JobFrame, now: number): readonly Sample[] {
  const at = frame.sent_at ? Date.parse(frame.sent_at) : now;
  const stages = Object.fromEntries(STAGES.map((stage) => [stage, frame.stages[stage]?.done ?? 0])) as Record<
    Stage,
    number
  >;
  // a job that waits to be run again has the pace of nobody
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
  // of a time in which nothing changed its beginning and its end are enough
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
 * Words a second, measured from one change to another:
 * over a dozen seconds, or over as many as a few batches take.
 * Null while there is too little to tell; 0 when it stands still.
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

/** How long the stretches of the chart are, in seconds: two batches or so fall into each. */
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
 * Words a minute over a job's life: moments in seconds since 1970,
 * and the pace in the stretch that begins there. Pauses are 0.
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
  // the last stretch has not ended: it would look like a fall
  if (words.length > 4) words.pop();
  return { at: words.map((_, index) => (from + index) * stretchS), words };
}

/** The words learned last, newest first, each once. */
export function newestWords(events: readonly JobEvent[], most: number): string[] {
  const found = new Set<string>();
  for (let index = events.length - 1; index >= 0 && found.size < most; index--) {
    const event = events[index] as JobEvent;
    if (event.kind === "words.learned") for (const word of [...event.words].reverse()) found.add(word);
  }
  return [...found].slice(0, most);
}
