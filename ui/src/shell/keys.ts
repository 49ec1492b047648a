/** Global keys: `/` focuses the search, `j` and `k` move through rows, Esc leaves. */

export function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target as HTMLElement;
  if (event.key === "Escape") {
    leave(target);
    return;
  }
  if (target.closest("input, textarea, select, dialog")) return;
  if (event.key === "/") {
    const search = document.querySelector<HTMLInputElement>("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "j" || event.key === "k") {
    if (step(event.key === "j" ? 1 : -1, target)) event.preventDefault();
  }
}

function leave(target: HTMLElement): void {
  if (target.closest("dialog")) return;
  if (target !== document.body) target.blur();
}

function step(by: 1 | -1, from: HTMLElement): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")];
  const at = rows.indexOf(from.closest<HTMLElement>("[data-row]") ?? from);
  const seen = rows.findIndex((row) => row.getBoundingClientRect().bottom > 0);
  const next = rows[at < 0 ? Math.max(0, seen) : at + by];
  next?.focus();
  return next !== undefined;
}
