/** Whether the server requires a token. */

import { signIn, whenRefused } from "../api/client";

class Access {
  isNeeded = $state(false);
  /** Counts sign-ins: refused requests are repeated after one. */
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
