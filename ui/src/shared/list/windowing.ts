/** Which rows of a long list to draw, and where. All have the same height, except one that may be open. */

export interface VisibleRows {
  from: number;
  to: number;
}

export interface Opened {
  /** Index of the open row; -1 for none. */
  index: number;
  /** Extra height of the open row, in pixels. */
  extra: number;
}

const NONE: Opened = { index: -1, extra: 0 };

/** Rows between `top` and `top + height`, in pixels from the first row, plus a few on both sides. */
export function visible(
  top: number,
  height: number,
  rowHeight: number,
  count: number,
  spare = 8,
  opened = NONE,
): VisibleRows {
  const above = opened.index >= 0 ? opened.extra : 0;
  const from = Math.max(0, Math.min(count, Math.floor((top - above) / rowHeight) - spare));
  const to = Math.max(from, Math.min(count, Math.ceil((top + height) / rowHeight) + spare));
  return { from, to };
}

/** Where a row begins, in pixels; for the number of rows, where the list ends. */
export function offset(index: number, rowHeight: number, opened = NONE): number {
  return index * rowHeight + (opened.index >= 0 && index > opened.index ? opened.extra : 0);
}

/** Pixels per rem: users may have set more than 16. */
export const rem = (): number => parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
