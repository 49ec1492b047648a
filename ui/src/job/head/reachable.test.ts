import { describe, expect, it } from "vitest";
import { isReachable } from "./reachable";

describe("a link to Prefect", () => {
  it.each([
    ["http://127.0.0.1:4200/runs/flow-run/1", "127.0.0.1", true],
    ["http://127.0.0.1:4200/runs/flow-run/1", "localhost", true],
    ["http://localhost:4200/runs/flow-run/1", "[::1]", true],
    ["http://127.0.0.1:4200/runs/flow-run/1", "learn.example.org", false],
    ["http://localhost:4200/runs/flow-run/1", "192.168.1.7", false],
    ["http://[::1]:4200/runs/flow-run/1", "learn.example.org", false],
    ["https://prefect.example.org/runs/flow-run/1", "learn.example.org", true],
    ["https://app.prefect.cloud/account/1/runs/flow-run/1", "127.0.0.1", true],
  ])("to %s from a page at %s: %s", (url, host, expected) => {
    expect(isReachable(url, host)).toBe(expected);
  });
});
