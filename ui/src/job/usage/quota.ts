/** Selects the limits worth showing. */

import type { Job } from "../../api/types";

type QuotaLimit = Job["quota"][number];

/** For each model, the per-minute and the per-day limit with the least left, in the given order. */
export function tightest(quota: readonly QuotaLimit[]): QuotaLimit[] {
  const found = new Map<string, QuotaLimit>();
  for (const one of quota) {
    const window = `${one.model} ${one.bound.endsWith("minute")}`;
    const other = found.get(window);
    if (!other || one.left / one.limit < other.left / other.limit) found.set(window, one);
  }
  return [...found.values()];
}
