import { expect, it } from "vitest";
import { goingOn, noteRefusal, problemsTitle } from "./going_on";

const can = (...given: Parameters<typeof goingOn>) =>
  Object.entries(goingOn(...given))
    .filter(([, may]) => may)
    .map(([what]) => what);

it.each([
  ["queued", null, []],
  ["running", null, []],
  ["cancelling", null, []],
  ["completed", null, ["canRunAgain", "canEdit"]],
  ["cancelled", null, ["canRetry", "canRunAgain", "canEdit"]],
  ["failed", null, ["canRetry", "canRunAgain", "canEdit"]],
  ["failed", "unknown_topic", ["canEdit"]],
  ["failed", "invalid_input", ["canEdit"]],
] as const)("a job that is %s (%s) can be gone on with by %j", (status, error_code, wanted) => {
  expect(can({ job_id: "a", status, error_code, reason: null })).toEqual(wanted);
});

it.each(["failed", "cancelled"] as const)(
  "a job that %s because its run was deleted begins anew",
  (status) => {
    const reason = { code: "run_deleted", params: {} } as const;
    expect(can({ job_id: "a", status, error_code: null, reason })).toEqual(["canRunAgain", "canEdit"]);
  },
);

it.each(["failed", "cancelled"] as const)("a job that %s in its own process begins anew", (status) => {
  const job = { job_id: "a", status, error_code: null, reason: null } as const;
  expect(can({ ...job, started_by: "process" })).toEqual(["canRunAgain", "canEdit"]);
  expect(can({ ...job, started_by: "api" })).toContain("canRetry");
});

it.each([
  ["failed", null, "Why it failed"],
  ["failed", "run_deleted", "Why it failed"],
  ["cancelled", "run_deleted", "Why it was cancelled"],
  ["cancelled", null, "Problems it recovered from"],
  ["completed", null, "Problems it recovered from"],
] as const)("the problems of a job that is %s (%s) stand under “%s”", (status, code, title) => {
  expect(problemsTitle({ status, reason: code && { code, params: {} } })).toBe(title);
});

it.each([
  ["run_deleted", ["canRunAgain", "canEdit"]],
  ["invalid", ["canRetry", "canRunAgain", "canEdit"]],
] as const)("a job whose retry is refused with %s can be gone on with by %j", (code, wanted) => {
  const job = { job_id: `refused with ${code}`, status: "failed", error_code: null, reason: null } as const;
  const error = { field: "job_id", problem: "cannot be retried", code, params: {}, remedy: null };
  noteRefusal(job.job_id, { errors: [error] });
  expect(can(job)).toEqual(wanted);
  expect(can({ ...job, job_id: "another" })).toContain("canRetry");
});
