/** The current time, updated every second while the page is visible. */

class Clock {
  now = $state(Date.now());

  constructor() {
    setInterval(() => this.tick(), 1000);
    document.addEventListener("visibilitychange", () => this.tick());
  }

  tick(): void {
    if (document.visibilityState === "visible") this.now = Date.now();
  }
}

export const clock = new Clock();
