/** Schedule rules in words. */

import type { Schedule } from "../api/types";
import { counted } from "../shared/format";

type Rule = Pick<Schedule, "rule" | "rule_kind" | "interval_s">;

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const SPANS: readonly (readonly [number, string])[] = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];

export interface Recurrence {
  /** The rule in words; null if it reads better as written. */
  words: string | null;
  /** Whether it may name a time of day; a rule like "every hour" is the same everywhere. */
  isAtTime: boolean;
}

const AS_WRITTEN: Recurrence = { words: null, isAtTime: true };

/** What a schedule's rule says. */
export function recurrenceOf({ rule, rule_kind, interval_s }: Rule): Recurrence {
  if (rule_kind === "interval") return interval_s === null ? AS_WRITTEN : every(interval_s);
  return rule_kind === "cron" ? ofCron(rule.trim().split(/\s+/)) : AS_WRITTEN;
}

/** The time zone of a rule that names a time of day; empty for another one. */
export function zoneOf(schedule: Rule & Pick<Schedule, "timezone">): string {
  return recurrenceOf(schedule).isAtTime ? (schedule.timezone ?? "") : "";
}

/**
 * Name of the local time zone at a moment;
 * empty if local time equals the zone's time, or there is no zone.
 */
export function clockHere(moment: string, zone: string, here?: string): string {
  if (!zone || called(moment, zone, "shortOffset") === called(moment, here, "shortOffset")) return "";
  return called(moment, here, "short");
}

function called(moment: string, zone: string | undefined, way: "short" | "shortOffset"): string {
  try {
    const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: way }).formatToParts(
      new Date(moment),
    );
    return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
  } catch {
    return ""; // a zone unknown to this browser
  }
}

function ofCron(fields: string[]): Recurrence {
  const [minute = "", hour = "", date, month, day = ""] = fields;
  if (fields.length !== 5 || date !== "*" || month !== "*") return AS_WRITTEN;
  const step = /^\*\/(\d+)$/.exec(minute)?.[1];
  if (day === "*" && hour === "*" && step) return every(Number(step) * 60);
  if (!/^\d{1,2}$/.test(minute)) return AS_WRITTEN;
  const two = (text: string) => text.padStart(2, "0");
  if (day === "*" && hour === "*") {
    const past = Number(minute);
    return {
      words: past ? `${counted(past, "minute")} past every hour` : "every hour, on the hour",
      isAtTime: false,
    };
  }
  if (!/^\d{1,2}$/.test(hour)) return AS_WRITTEN;
  const at = `at ${two(hour)}:${two(minute)}`;
  if (day === "*") return { words: `every day ${at}`, isAtTime: true };
  if (day === "1-5") return { words: `Monday to Friday ${at}`, isAtTime: true };
  return /^[0-7]$/.test(day) ? { words: `every ${DAYS[Number(day)]} ${at}`, isAtTime: true } : AS_WRITTEN;
}

function every(seconds: number): Recurrence {
  const span = SPANS.find(([length]) => seconds >= length && seconds % length === 0);
  if (!span) return AS_WRITTEN;
  const number = seconds / span[0];
  return { words: number === 1 ? `every ${span[1]}` : `every ${number} ${span[1]}s`, isAtTime: false };
}
