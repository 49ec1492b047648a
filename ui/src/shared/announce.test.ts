import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Announcer } from "./announce.svelte";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("counts are batched", () => {
  const announcer = new Announcer(4000);
  announcer.count("words learned", 20);
  vi.advanceTimersByTime(2000);
  announcer.count("words learned", 30);
  expect(announcer.said).toBe("");
  vi.advanceTimersByTime(2000);
  expect(announcer.said).toBe("50 words learned");
});

it("events are announced at once, without waiting for counts", () => {
  const announcer = new Announcer(4000);
  announcer.count("words learned", 20);
  announcer.say("The job is cancelled");
  announcer.say("The job is cancelled");
  vi.advanceTimersByTime(300);
  expect(announcer.said).toBe("The job is cancelled. 20 words learned");
  announcer.count("words learned", 5);
  vi.advanceTimersByTime(4000);
  expect(announcer.said).toBe("5 words learned");
});
