/** Colour tokens for canvases: the browser resolves `light-dark()` and OKLCH to hex. */

export function colour(token: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) return "#808080";
  pen.fillStyle = found;
  pen.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = pen.getImageData(0, 0, 1, 1).data;
  return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** Calls a function when the theme changes; returns a function that stops this. */
export function onTheme(call: () => void): () => void {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(call);
  query.addEventListener("change", call);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
  return () => {
    query.removeEventListener("change", call);
    observer.disconnect();
  };
}
