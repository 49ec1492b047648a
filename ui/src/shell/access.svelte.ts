/** Whether the facade wants a token before it says more. */

import { signIn, whenRefused } from "../api/client";

class Access {
  isNeeded = $state(false);
  /** Grows with each sign-in: what was refused is asked for again. */
  signIns = $state(0);

  constructor() {
    whenRefused(() => (this.isNeeded = true));
  }

  async signIn(token: string): Promise<void> {
    await signIn(token);
    this.isNeeded = false;
    this.signIns++;
  }
}

export const access = new Access();
