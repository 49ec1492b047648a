"""What must hold at the end of a seed, whatever befell it, by the documented promises alone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import httpx
from checker import faults_in
from house import House, Store, wait_for
from rows import Rows

from tests.faults.deeds import Deeds
from tests.faults.done import Done
from tests.faults.watching import FINAL, Told

AGREES_S = 10.0
STATES = {"COMPLETED": "completed", "FAILED": "failed", "CRASHED": "failed", "CANCELLED": "cancelled"}
ENDS_A_JOB = {
    "kill flow",
    "kill group",
    "kill stack",
    "kill everything",
    "restart stack",
    "end flow",
}
"""The faults after which a job may be failed; nothing else may end one."""
STOPS_A_JOB = {"ask cancel", "ask drain", "interrupt flow"}
BY_ITSELF = {"time limit", "all done", "nothing new", "target reached"}
WORDS_OF_DEATH = {"killed", "gone", "worker_stopped", "exited"}


def after_the_end(deeds: Deeds) -> list[str]:
    """What is wrong now that every job has ended, while the stack still serves."""
    house, found = deeds.house, []
    found += _store(deeds)
    rows = Rows(house.store.path)
    try:
        for job_id in deeds.job_ids:
            job = rows.jobs.get(job_id)
            if job is None:
                found.append(f"rows: {job_id[:8]} has no row")
                continue
            label = f"{job['mode']} {job_id[:8]}"
            checks = (_reason(deeds, job), _watchers(deeds, job, log_of(rows, job_id)), _prefect(house, job))
            found += [f"{fault} ({label})" for check in checks for fault in check]
        found += _serialised(deeds, rows)
    finally:
        rows.close()
    return found


def why_not_final(store: Store, job_ids: Sequence[str]) -> Iterator[str]:
    """Which jobs have not ended, and what their rows say."""
    for job_id in job_ids:
        job = store.job(job_id)
        if not job or job["status"] not in FINAL or not job["is_settled"]:
            state = (job.get("state") or {}).get("name")
            yield (
                f"end: {job_id[:8]} is {job.get('status')}, says {job.get('run_status')}, Prefect {state},"
                f" {(job.get('reason') or {}).get('code')}, settled {job.get('is_settled')},"
                f" {job.get('errors', [])[-1:]}"
            )


def log_of(rows: Rows, job_id: str) -> list[tuple[str, str]]:
    """The ids and kinds of a job's lines, in order."""
    found = rows.all(
        "SELECT attempt, seq, document FROM job_log WHERE job_id = ? ORDER BY attempt, seq", job_id
    )
    documents = [(attempt, seq, json.loads(document)) for attempt, seq, document in found]
    return [(line.get("id") or f"{attempt}.{seq}", line["kind"]) for attempt, seq, line in documents]


def _store(deeds: Deeds) -> Iterator[str]:
    has_jumped = any(done.step.kind == "jump" for done in deeds.done)
    late_s = {
        job_id: _late_s(deeds.done, deeds.house.store.job(job_id), has_jumped=has_jumped)
        + deeds.lag.allowance_s
        for job_id in deeds.job_ids
    }
    faults = faults_in(deeds.house.store.path, late_s=late_s, has_jumped=has_jumped)
    yield from (f"rows: {fault}" for fault in faults[:5])
    if len(faults) > 5:
        yield f"rows: {len(faults) - 5} more"


def _late_s(all_done: list[Done], job: dict[str, Any], *, has_jumped: bool) -> float:
    """How much later a job may end, having been frozen at its deadline."""
    late_s = 0.0
    for done in all_done:
        if done.step.name in {"stop flow", "stutter flow"} and job and job["job_id"] in done.job_ids:
            if has_jumped:
                late_s = max(late_s, done.step.for_s)
            elif job["deadline_at"] and done.ended is not None:
                at = time.monotonic() - time.time() + datetime.fromisoformat(job["deadline_at"]).timestamp()
                late_s = max(late_s, done.ended - at)
    return late_s


def _hits(deeds: Deeds, job_id: str, names: set[str]) -> bool:
    return any(done.step.name in names and job_id in done.job_ids for done in deeds.done) or any(
        f"ask {wish}" in names for wish in deeds.wishes.get(job_id, ())
    )


def _reason(deeds: Deeds, job: dict[str, Any]) -> Iterator[str]:
    """An end has a reason, and something that was done brought it about."""
    status, end, code = job["status"], job["end_reason"], (job["reason"] or {}).get("code")
    told = f"{status}, {end}, {code}, {job['errors'][-1:]}"
    if status == "completed":
        if end == "stopped":
            if not _hits(deeds, job["job_id"], STOPS_A_JOB):
                yield f"reason: nobody stopped it: {told}"
        elif end == "quota used up":
            if not any("minute_requests" in done.step.target for done in deeds.done):
                yield f"reason: there was quota: {told}"
        elif end not in BY_ITSELF:
            yield f"reason: no way to be completed: {told}"
    elif status == "cancelled":
        if not _hits(deeds, job["job_id"], STOPS_A_JOB):
            yield f"reason: nobody cancelled it: {told}"
    elif status == "failed":
        if not _hits(deeds, job["job_id"], ENDS_A_JOB):
            yield f"reason: nothing that ends a job befell it: {told}"
        elif code not in WORDS_OF_DEATH and end != "worker stopped":
            yield f"reason: not the true one: {told}"


def _watchers(deeds: Deeds, job: dict[str, Any], log: list[tuple[str, str]]) -> Iterator[str]:
    places = {key: place for place, (key, _) in enumerate(log)}
    retried = deeds.watching.retried[job["job_id"]]
    for told in deeds.watching.told[job["job_id"]]:
        yield from (f"watch: {told.who}: {fault}" for fault in _events(told, log, places))
        yield from (f"watch: {told.who}: {fault}" for fault in _ends(told.statuses, retried))
        if not told.statuses or told.statuses[-1][0] != job["status"]:
            yield f"watch: {told.who}: told {told.statuses[-1:]} of a job that is {job['status']}"
    said = [(said.status, said.attempt) for said in deeds.watching.said[job["job_id"]]]
    yield from (f"polls: {fault}" for fault in _ends(said, retried))


def _events(told: Told, log: list[tuple[str, str]], places: dict[str, int]) -> Iterator[str]:
    ids = [key for key, _ in told.events]
    if len(ids) != len(set(ids)):
        yield f"{len(ids) - len(set(ids))} events came twice"
    ghosts = [(key, kind) for key, kind in told.events if key not in places]
    if ghosts:
        yield f"told of what the log does not have: {ghosts[:3]}"
    known = [places[key] for key in ids if key in places]
    if known != sorted(known):
        yield "events came out of order"
    if told.gaps:
        return
    missing = [log[place] for place in range(max(known, default=-1) + 1) if place not in set(known)]
    if missing:
        yield f"{len(missing)} events are missing: {missing[:3]}"
    tail = [kind for _, kind in log[max(known, default=-1) + 1 :] if not kind.startswith("state.")]
    if tail:
        yield f"the end is missing: {tail[:5]}"


def _ends(statuses: list[tuple[str, int]], retried: int) -> Iterator[str]:
    """A job that has ended stays as it is, unless somebody asked for more."""
    changes = [
        (before, after)
        for before, after in pairwise(statuses)
        if before[0] in FINAL and before[0] != after[0]
    ]
    if len(changes) > retried:
        yield f"an end was taken back: {changes}"


def _prefect(house: House, job: dict[str, Any]) -> Iterator[str]:
    seen: dict[str, Any] = {}

    def agrees() -> bool:
        try:
            seen.update(house.state(job["job_id"]))
        except httpx.HTTPError as error:
            seen.update(type=type(error).__name__, message=str(error))
        return STATES.get(seen["type"]) == job["status"]

    try:
        wait_for(agrees, AGREES_S)
    except AssertionError:
        yield (
            f"prefect: says {seen['type']} {seen.get('name')} ({seen.get('message')}),"
            f" the row {job['status']} ({job['run_status']})"
        )


def _serialised(deeds: Deeds, rows: Rows) -> Iterator[str]:
    """HTTP gives everything that the store holds."""
    with httpx.Client(base_url=deeds.watching.url, timeout=30, trust_env=False) as http:
        answer = http.get("/knowledge/export")
        lines = answer.text.splitlines() if answer.status_code == 200 else []
        exported = {json.loads(line)["key"] for line in lines}
        if not exported >= rows.entries.keys():
            yield (
                f"read: the export has {len(exported)} words, the store {len(rows.entries)}"
                f" ({answer.status_code})"
            )
        for job_id in deeds.job_ids:
            paths = [f"/jobs/{job_id}", f"/jobs/{job_id}/rounds", f"/jobs/{job_id}/events?limit=200"]
            paths += [f"/jobs/{job_id}/rounds/{round_['number']}" for round_ in rows.of(job_id)[0][:5]]
            paths.append(f"/knowledge?job_id={job_id}&limit=200")
            for path in paths:
                answer = http.get(path)
                if answer.status_code != 200:
                    yield f"read: {path} answers {answer.status_code}: {answer.text[:200]}"
                else:
                    answer.json()
