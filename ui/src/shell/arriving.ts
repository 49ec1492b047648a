/** A new place opens at its top; one returned to is restored as it was left. */

import { linksTo, router, type Left } from "../shared/router.svelte";

/** How long to wait for rows that still have to load. */
const ROWS_WITHIN_MS = 2_000;
const ACTS = ["wheel", "touchstart", "pointerdown", "keydown"] as const;

export async function arriveAt(main: HTMLElement): Promise<void> {
  const { key } = router;
  const left = router.kept<Left>("left");
  main.focus({ preventScroll: true });
  window.scrollTo(0, left?.scroll ?? 0);
  if (!left) return;
  const acting = new AbortController();
  for (const act of ACTS) {
    window.addEventListener(act, () => acting.abort(), { signal: acting.signal, passive: true });
  }
  for (const end = Date.now() + ROWS_WITHIN_MS; Date.now() < end;) {
    await new Promise(requestAnimationFrame);
    // stop as soon as the user does something
    if (acting.signal.aborted || router.key !== key) return;
    if (Math.abs(window.scrollY - left.scroll) > 1) window.scrollTo(0, left.scroll);
    const links = left.link ? linksTo(left.link.to) : [];
    const link = links[left.link?.nth ?? 0] ?? links[0];
    if (document.activeElement === main) link?.focus({ preventScroll: true });
    if ((link || !left.link) && Math.abs(window.scrollY - left.scroll) <= 1) break;
  }
  acting.abort();
}
