/** Axis labels. */

import { count } from "../shared/format";

/** Formats numbers in the unit of the largest, for example "0", "5k", "10k". */
export function marks(numbers: readonly number[]): string[] {
  const most = Math.max(...numbers);
  const [unit, sign] = most >= 1_000_000 ? [1_000_000, "m"] : most >= 10_000 ? [1_000, "k"] : [1, ""];
  return numbers.map((number) => (number === 0 ? "0" : `${count(number / unit)}${sign}`));
}
