/** Frames for tests. */

import type { JobEvent } from "../api/types";
import type { JobFrame } from "./frames";

export const START = Date.parse("2030-01-01T12:00:00Z");

export function event(id: string, second = 0, more: Partial<JobEvent> = {}): JobEvent {
  return {
    id,
    occurred: new Date(START + second * 1000).toISOString(),
    kind: "words.learned",
    text: `learned ${id}`,
    words: [id],
    ...more,
  };
}

export function frame(more: Partial<JobFrame> = {}): JobFrame {
  return {
    job_id: "j",
    mode: "big",
    name: "big",
    parameters: {},
    status: "running",
    progress: 10,
    total_tokens: 0,
    last_round: 1,
    counts: {
      rounds: 1,
      batches: 0,
      proposed: 0,
      valid: 0,
      unseen: 0,
      accepted: 0,
      stored: 0,
      defined: 0,
      failed: 0,
    },
    outcomes: {},
    named_outcomes: [],
    stages: {},
    forecast: null,
    usage: { requests: 0, tokens_in: 0, tokens_out: 0, tokens_cached: 0, cost_usd: 0 },
    model: null,
    model_kind: null,
    errors: [],
    error_code: null,
    quota: [],
    troubles: [],
    started_by: null,
    created_at: "2030-01-01T12:00:00Z",
    started_at: null,
    finished_at: null,
    deadline_at: null,
    updated_at: null,
    active_seconds: 0,
    end_reason: null,
    attempt: 1,
    run_status: null,
    running_since: null,
    state: null,
    reason: null,
    confirmed_at: null,
    version: 1,
    is_settled: true,
    prefect_url: null,
    state_name: null,
    remaining_seconds: null,
    is_stopping: false,
    events: [],
    cursor: "",
    live: true,
    gap: false,
    sent_at: null,
    ...more,
  };
}
