/** What stands at an axis. */

import { count } from "../shared/format";

/** The numbers in one notation, that of the largest: such as "0", "5k", "10k". */
export function marks(numbers: readonly number[]): string[] {
  const most = Math.max(...numbers);
  const [unit, sign] = most >= 1_000_000 ? [1_000_000, "m"] : most >= 10_000 ? [1_000, "k"] : [1, ""];
  return numbers.map((number) => (number === 0 ? "0" : `${count(number / unit)}${sign}`));
}
