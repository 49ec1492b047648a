/**
 * Keeps the place of keyboard users:
 * when the focused element is removed, its nearest remaining neighbour gets the focus.
 */

export function keepFocus(main: HTMLElement): () => void {
  let last: Element | null = null;
  let around: Element[] = [];

  function came({ target }: FocusEvent): void {
    last = target as Element;
    around = [];
    for (let at = last.parentElement; at && at !== main; at = at.parentElement) {
      if (at.matches("tr, article, [tabindex]")) around.push(at);
    }
  }
  // some browsers fire focusout while the removed element is still in the document
  function went({ target }: FocusEvent): void {
    queueMicrotask(() => {
      if ((target as Element).isConnected && last === target) last = null;
    });
  }
  function recover(): void {
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    last = null;
    const near = around.find((element) => element.isConnected);
    const to =
      near?.querySelector<HTMLElement>("[data-row]") ??
      (near instanceof HTMLElement && near.tabIndex >= 0 ? near : main.querySelector<HTMLElement>("h1"));
    if (!to) return;
    if (!to.hasAttribute("tabindex") && to.tabIndex < 0) to.tabIndex = -1;
    to.focus({ preventScroll: true });
  }

  const observer = new MutationObserver(recover);
  observer.observe(main, { childList: true, subtree: true });
  main.addEventListener("focusin", came);
  main.addEventListener("focusout", went);
  return () => {
    observer.disconnect();
    main.removeEventListener("focusin", came);
    main.removeEventListener("focusout", went);
  };
}
