/** Screen reader announcements, batched and polite. */

export class Announcer {
  said = $state("");
  #counts = new Map<string, number>();
  #lines: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = Infinity;

  constructor(readonly everyMs = 4000) {}

  say(line: string): void {
    if (!this.#lines.includes(line)) this.#lines.push(line);
    this.#soon(250);
  }

  /** Adds to a count announced later, for example 20 "words learned". */
  count(what: string, added: number): void {
    if (added <= 0) return;
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + added);
    this.#soon(this.everyMs);
  }

  #soon(ms: number): void {
    const dueAt = Date.now() + ms;
    if (dueAt >= this.#dueAt) return;
    this.#dueAt = dueAt;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#dueAt = Infinity;
      const counts = [...this.#counts].map(([what, number]) => `${number} ${what}`);
      this.said = [...this.#lines.splice(0), ...counts].join(". ");
      this.#counts.clear();
    }, ms);
  }
}

export const announcer = new Announcer();
