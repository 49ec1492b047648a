/** Which limits are worth showing. */

import type { Job } from "../../api/types";

type Left = Job["quota"][number];

/** Of each model the limit of a minute and that of a day of which the least is left, in the order given. */
export function tightest(quota: readonly Left[]): Left[] {
  const found = new Map<string, Left>();
  for (const one of quota) {
    const window = `${one.model} ${one.bound.endsWith("minute")}`;
    const other = found.get(window);
    if (!other || one.left / one.limit < other.left / other.limit) found.set(window, one);
  }
  return [...found.values()];
}
