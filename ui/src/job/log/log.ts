/** Groups of event kinds, and search in the log. */

import type { JobEvent } from "../../api/types";

export const GROUPS = {
  words: { name: "words", of: (kind: string) => kind === "words.learned" },
  rejected: { name: "rejected", of: (kind: string) => kind === "word.rejected" },
  rounds: { name: "rounds", of: (kind: string) => kind === "round.proposed" },
  problems: {
    name: "problems",
    of: (kind: string) => kind === "job.problem" || kind === "state.failed" || kind === "state.crashed",
  },
  job: { name: "job", of: (kind: string) => kind.startsWith("job.") || kind.startsWith("state.") },
} as const;

export type Group = keyof typeof GROUPS;

export function groupOf(kind: string): Group {
  return (Object.keys(GROUPS) as Group[]).find((group) => GROUPS[group].of(kind)) ?? "job";
}

export const isGroup = (name: string): name is Group => name in GROUPS;

/**
 * The events without a state of Prefect's that says what the state before it said, such as the one that a
 * waiting run takes anew every few seconds; the first of them says since when.
 */
export function withoutRepeats(events: readonly JobEvent[]): readonly JobEvent[] {
  return events.filter((event, at) => {
    const before = events[at - 1];
    return !(event.kind.startsWith("state.") && before?.kind === event.kind && before.text === event.text);
  });
}

/** Events of a group whose text or words contain the search text. */
export function found(events: readonly JobEvent[], group: string, text: string): readonly JobEvent[] {
  const wanted = text.trim().toLowerCase();
  if (!isGroup(group) && !wanted) return events;
  return events.filter(
    (event) =>
      (!isGroup(group) || GROUPS[group].of(event.kind)) &&
      (!wanted ||
        event.text.toLowerCase().includes(wanted) ||
        event.words.some((word) => word.toLowerCase().includes(wanted))),
  );
}

/**
 * The events up to one of them, so that a list stands still while later ones arrive;
 * earlier ones still join it. All events if that one is not among them.
 */
export function upTo(events: readonly JobEvent[], last: string): readonly JobEvent[] {
  const at = last ? events.findLastIndex((event) => event.id === last) : -1;
  return at < 0 || at === events.length - 1 ? events : events.slice(0, at + 1);
}

/** The log as plain text, oldest first. */
export function asText(events: readonly JobEvent[]): string {
  return events
    .map(({ occurred, kind, text, words }) => {
      const told = words.length ? `: ${words.join(", ")}` : "";
      return `${occurred}\t${kind}\t${text}${told}`;
    })
    .join("\n");
}
