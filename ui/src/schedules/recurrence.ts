/** Schedule rules in words. */

import { counted } from "../shared/format";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const SPANS: readonly (readonly [number, string])[] = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/** The rule in words; null if it reads better as written. */
export function inWords(rule: string): string | null {
  return ofCron(rule.trim().split(/\s+/)) ?? ofInterval(rule.trim());
}

/**
 * The time zone of a rule that names a time of day;
 * empty for one like "every hour", which is the same everywhere.
 */
export function zoneOf(rule: string, zone: string | null | undefined): string {
  const words = inWords(rule);
  return words === null || /\d:\d/.test(words) ? (zone ?? "") : "";
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

function ofCron(fields: string[]): string | null {
  const [minute = "", hour = "", date, month, day = ""] = fields;
  if (fields.length !== 5 || date !== "*" || month !== "*") return null;
  const step = /^\*\/(\d+)$/.exec(minute)?.[1];
  if (day === "*" && hour === "*" && step) return every(Number(step) * 60);
  if (!/^\d{1,2}$/.test(minute)) return null;
  const two = (text: string) => text.padStart(2, "0");
  if (day === "*" && hour === "*") {
    return Number(minute)
      ? `${counted(Number(minute), "minute")} past every hour`
      : "every hour, on the hour";
  }
  if (!/^\d{1,2}$/.test(hour)) return null;
  const at = `at ${two(hour)}:${two(minute)}`;
  if (day === "*") return `every day ${at}`;
  if (day === "1-5") return `Monday to Friday ${at}`;
  return /^[0-7]$/.test(day) ? `every ${DAYS[Number(day)]} ${at}` : null;
}

/** Parses a Python timedelta, for example "1 day, 0:00:00" or "2:30:00". */
function ofInterval(rule: string): string | null {
  const found = /^(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)(?:\.\d+)?$/.exec(rule);
  if (!found) return null;
  const parts: (string | undefined)[] = found.slice(1);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0));
  return every(days * 86_400 + hours * 3_600 + minutes * 60 + seconds);
}

function every(seconds: number): string | null {
  const span = SPANS.find(([length]) => seconds >= length && seconds % length === 0);
  if (!span) return null;
  const number = seconds / span[0];
  return number === 1 ? `every ${span[1]}` : `every ${number} ${span[1]}s`;
}
