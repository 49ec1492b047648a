/** Work that follows from certain values, and from nothing that it happens to read. */

import { untrack } from "svelte";

/**
 * Runs when the component is there, and whenever one of the values of `of` is another one;
 * what it answers is called before the next time.
 */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- as Svelte's own $effect has it
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
