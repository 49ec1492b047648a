/** An effect with explicit dependencies. */

import { untrack } from "svelte";

/**
 * Runs on mount and whenever one of the values of `of` changes;
 * a returned function is called before the next run.
 */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- same as Svelte's $effect
export function whenever(of: () => unknown, run: () => void | (() => void)): void {
  let before: readonly unknown[] = [];
  const values = $derived.by(() => {
    const found: unknown = of();
    const now: readonly unknown[] = Array.isArray(found) ? found : [found];
    if (now.length !== before.length || now.some((value, index) => !Object.is(value, before[index]))) {
      before = now;
    }
    return before;
  });
  $effect(() => {
    void values;
    return untrack(run);
  });
}
