/** Reacts to words learned while the page is open. */

import { whenever } from "../shared/whenever.svelte";
import { live } from "./live.svelte";

const EVERY_MS = 5_000;

/** Calls a function a few seconds after words were learned, and no more often than that. */
export function afterNews(run: () => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const known = live.learned;
  whenever(
    () => live.learned,
    () => {
      if (live.learned === known) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        run();
      }, EVERY_MS);
    },
  );
  whenever(
    () => null,
    () => () => clearTimeout(timer),
  );
}
