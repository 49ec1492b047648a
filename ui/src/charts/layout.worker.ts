import { Layout, type LayoutNews, type LayoutTask } from "./layout";

/** Time between two frames of a moving graph. */
const SLICE_MS = 60;
let latest = 0;

self.onmessage = ({ data }: MessageEvent<LayoutTask>) => {
  latest = data.number;
  const layout = new Layout(data);
  const go = (): void => {
    if (data.number !== latest) return;
    const places = layout.run(SLICE_MS);
    const news: LayoutNews = { number: data.number, places, isLast: layout.isCool };
    self.postMessage(news);
    if (!news.isLast) setTimeout(go);
  };
  go();
};
