/** Whether the facade wants a token before it says more, and whether Prefect answers it. */

import { readHealth, signIn, whenRefused } from "./api/client";

class Session {
  isNeeded = $state(false);
  /** Grows with each sign-in: what was refused is asked for again. */
  signIns = $state(0);
  prefect = $state<"ok" | "unreachable" | null>(null);

  constructor() {
    whenRefused(() => (this.isNeeded = true));
  }

  async signIn(token: string): Promise<void> {
    await signIn(token);
    this.isNeeded = false;
    this.signIns++;
  }

  async look(): Promise<void> {
    try {
      this.prefect = (await readHealth()).prefect ?? null;
    } catch {
      this.prefect = null;
    }
  }
}

export const session = new Session();
