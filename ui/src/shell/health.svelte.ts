/** Whether Prefect answers the facade. */

import { readHealth, whenDoubtful } from "../api/client";

/** Between two looks, while the page is looked at. */
const LOOK_MS = 15_000;

class Health {
  prefect = $state<"ok" | "unreachable" | null>(null);
  /** Grows when Prefect answers again: what was read without it lacks something. */
  recoveries = $state(0);
  #looking: Promise<void> | null = null;
  #isDoubted = false;

  constructor() {
    whenDoubtful(() => {
      this.#isDoubted = true;
      void this.look();
    });
    setInterval(() => void this.#tick(), LOOK_MS);
    document.addEventListener("visibilitychange", () => void this.#tick());
  }

  /** Asks whether Prefect answers; one question at a time. */
  look(): Promise<void> {
    return (this.#looking ??= this.#ask().finally(() => (this.#looking = null)));
  }

  async #ask(): Promise<void> {
    const before = this.prefect;
    try {
      this.prefect = (await readHealth()).prefect ?? null;
    } catch {
      this.prefect = null;
    }
    if (this.prefect === "ok" && before === "unreachable") this.#recover();
  }

  async #tick(): Promise<void> {
    if (document.visibilityState !== "visible") return;
    await this.look();
    // it was away for so short a time that no look fell into it
    if (this.#isDoubted && this.prefect === "ok") this.#recover();
  }

  #recover(): void {
    this.#isDoubted = false;
    this.recoveries++;
  }
}

export const health = new Health();
