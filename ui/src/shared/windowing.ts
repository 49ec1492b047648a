/** Which rows of a long list are drawn, and where. All rows have one height, but for one that may be open. */

export interface Window {
  from: number;
  to: number;
}

export interface Opened {
  /** Of the open row; -1 when none is. */
  index: number;
  /** Pixels that it is higher than the others. */
  extra: number;
}

const NONE: Opened = { index: -1, extra: 0 };

/** Rows from `top` to `top + height`, in pixels from the first row's top, with a few more on both sides. */
export function visible(
  top: number,
  height: number,
  rowHeight: number,
  count: number,
  spare = 8,
  opened = NONE,
): Window {
  const above = opened.index >= 0 ? opened.extra : 0;
  const from = Math.max(0, Math.min(count, Math.floor((top - above) / rowHeight) - spare));
  const to = Math.max(from, Math.min(count, Math.ceil((top + height) / rowHeight) + spare));
  return { from, to };
}

/** Where a row begins; with the number of rows, where the list ends. */
export function offset(index: number, rowHeight: number, opened = NONE): number {
  return index * rowHeight + (opened.index >= 0 && index > opened.index ? opened.extra : 0);
}

/** Pixels of one rem, which people may have set to more than 16. */
export const rem = (): number => parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
