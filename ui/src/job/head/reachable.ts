const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether a page at `pageHost` can follow a link: one to the server's own machine works only there. */
export function isReachable(url: string, pageHost: string): boolean {
  return LOOPBACK.test(pageHost) || !LOOPBACK.test(new URL(url).hostname);
}
