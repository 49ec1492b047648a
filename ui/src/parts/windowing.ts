/** Which rows of a long list are drawn. */

export interface Window {
  from: number;
  to: number;
}

/** Rows of one height between `top` and `top + height`, in pixels from the first row's top, with a few more on both sides. */
export function visible(top: number, height: number, rowHeight: number, count: number, spare = 8): Window {
  const from = Math.max(0, Math.min(count, Math.floor(top / rowHeight) - spare));
  const to = Math.max(from, Math.min(count, Math.ceil((top + height) / rowHeight) + spare));
  return { from, to };
}
