/** How fast a job goes: now, from the last frames, and over its life, from its log. */

import type { JobEvent, JobFrame } from "./frames";

export const WINDOW_MS = 12_000;
/** Words come in batches: over less than that, one batch more or less is all that is measured. */
const LEAST_MS = 4_000;
export const STAGES = ["propose", "research", "synthesize", "enrich"] as const;
export type Stage = (typeof STAGES)[number];

/** How much was done at one moment of the server's clock, in milliseconds. */
export interface Sample {
  at: number;
  attempt: number;
  stored: number;
  stages: Readonly<Record<Stage, number>>;
}

/** Samples with one of this frame; those of another attempt, or older than the window, are dropped, but for one to measure from. */
export function noted(samples: readonly Sample[], frame: JobFrame, now: number): readonly Sample[] {
  const at = frame.sent_at ? Date.parse(frame.sent_at) : now;
  const stages = Object.fromEntries(STAGES.map((stage) => [stage, frame.stages[stage]?.done ?? 0])) as Record<Stage, number>;
  // a job that waits to be run again has the pace of nobody
  const isAtWork = frame.status === "running" || frame.status === "cancelling";
  const kept = samples.filter((sample) => isAtWork && sample.attempt === frame.attempt && sample.at < at && sample.stored <= frame.counts.stored);
  const first = kept.findLastIndex((sample) => at - sample.at >= WINDOW_MS);
  return [...kept.slice(Math.max(0, first)), { at, attempt: frame.attempt, stored: frame.counts.stored, stages }];
}

/** Words a second over the last dozen seconds; null while there is too little to tell. */
export function perSecond(samples: readonly Sample[], of: (sample: Sample) => number): number | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || last.at - first.at < LEAST_MS) return null;
  return Math.max(0, of(last) - of(first)) / ((last.at - first.at) / 1000);
}

/** Words a minute over a job's life: moments in seconds since 1970, and the pace in the stretch that begins there. Pauses are 0. */
export function wordsAMinute(events: readonly JobEvent[], stretchS = 5): { at: number[]; words: number[] } {
  const learned = events.filter((event) => event.kind === "words.learned");
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
