/** Whether the server can reach Prefect. */

import { readHealth, whenDoubtful } from "../api/client";

/** Polling interval while the page is visible. */
const LOOK_MS = 15_000;

class ServerHealth {
  prefect = $state<"ok" | "unreachable" | null>(null);
  /** Counts recoveries: what was read while Prefect was unreachable is incomplete. */
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

  /** Checks whether Prefect is reachable; one request at a time. */
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
    // the outage was too short for a poll to notice
    if (this.#isDoubted && this.prefect === "ok") this.#recover();
  }

  #recover(): void {
    this.#isDoubted = false;
    this.recoveries++;
  }
}

export const health = new ServerHealth();
