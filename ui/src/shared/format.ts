/** Formats numbers, times and names for people. */

const COUNT = new Intl.NumberFormat("en-GB");
const SHORT = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const FULL = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "medium" });

export const count = (value: number): string => COUNT.format(value);
export const short = (value: number): string => (value < 10_000 ? COUNT.format(value) : SHORT.format(value));

/** For example "1 word" or "2,000 words". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${COUNT.format(value)} ${value === 1 ? one : many}`;
}

export const time = (moment: string | number): string => TIME.format(new Date(moment));
export const full = (moment: string): string => FULL.format(new Date(moment));

/** For example "14:03" today, "3 Nov, 14:03" on another day. */
export function when(moment: string, now = Date.now()): string {
  const date = new Date(moment);
  const hour = TIME.format(date).slice(0, 5);
  return date.toDateString() === new Date(now).toDateString() ? hour : `${DAY.format(date)}, ${hour}`;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** For example "just now", "4 min ago", "in 3 h", "2 days ago", or "3 Nov 2030" beyond a week. */
export function relative(moment: string, now = Date.now()): string {
  const away = Date.parse(moment) - now;
  const far = Math.abs(away);
  if (far < 45_000) return away > 5_000 ? "in a moment" : "just now";
  if (far >= 7 * DAY_MS) return DATE.format(new Date(moment));
  const minutesAway = Math.max(1, Math.round(far / MINUTE_MS));
  const text =
    minutesAway < 60
      ? `${minutesAway} min`
      : far < DAY_MS
        ? `${Math.max(1, Math.floor(far / HOUR_MS))} h`
        : counted(Math.floor(far / DAY_MS), "day");
  return away > 0 ? `in ${text}` : `${text} ago`;
}

/** For example "9:58" or "1:00:03". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** How long something took: as a duration, or "< 1 s". */
export const elapsed = (seconds: number): string => (seconds < 1 ? "< 1 s" : duration(seconds));

/** Rounds an estimate to three significant digits. */
export const rough = (value: number): number => Number(value.toPrecision(3));

/** For example "10 min", "1.5 min", "20 s" or "less than a second". */
export function minutes(value: number): string {
  if (value * 60 < 1) return "less than a second";
  return value < 1 ? `${Math.round(value * 60)} s` : `${Number(value.toFixed(1))} min`;
}

/** Dollars, with only the significant digits. */
export function money(dollars: number): string {
  if (dollars === 0) return "$0";
  return `$${dollars.toFixed(dollars >= 100 ? 0 : dollars >= 1 ? 2 : dollars >= 0.01 ? 3 : 5)}`;
}

export function rate(perSecond: number): string {
  return perSecond >= 10 ? COUNT.format(Math.round(perSecond)) : perSecond.toFixed(1);
}

/** As file managers say it: "840 kB", "12.3 MB", "1.2 GB". */
export function bytes(value: number): string {
  const power = value < 999_950 ? 1 : value < 999_950_000 ? 2 : 3;
  const size = value / 1000 ** power;
  const unit = ["B", "kB", "MB", "GB"][power];
  return `${count(size < 100 ? Math.round(size * 10) / 10 : Math.round(size))} ${unit}`;
}
export const percent = (share: number): string => `${Math.round(share * 100)}%`;

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
