"""Carries out a plan's steps on a running house, and takes note of what it did and who died of it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from house import House, Run, Store, wait_for

from tests.faults.clock import Clock
from tests.faults.disk import Disk
from tests.faults.done import Death, Done
from tests.faults.lag import Lag
from tests.faults.plan import Step
from tests.faults.watching import FINAL, Watching
from tests.world.control import Control
from tests.world.faults import Fault

UP_S = 90.0
DOWN_S = 25.0
PENDING_S = 5.0
BLINK_S = (0.7, 0.3)
ASK_S = 6.0
PROCESSES = {
    "worker": "service.worker",
    "server": "service.stack.web_server",
    "prefect": "service.stack.prefect_server",
    "warm": "service.engine --warm",
}


@dataclass
class Deeds:
    """The hands of one seed."""

    house: House
    watching: Watching
    clock: Clock | None
    disk: Disk
    world: Control | None
    environment: dict[str, str]
    lag: Lag
    job_ids: list[str] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    wishes: dict[str, set[str]] = field(default_factory=dict)
    back_s: list[tuple[str, float]] = field(default_factory=list)
    """How long after its death a server answered again."""
    over: threading.Event = field(default_factory=threading.Event)
    is_meant_to_be_down: bool = False
    up: Run | None = None

    def start(self) -> None:
        """Start the stack, and wait until it serves."""
        self.up = self.house.learn("up", "--plain", **self.environment)
        self.up.hear("Serving:", within_s=UP_S)
        if "without the dashboard" in self.up.text:
            self.broken.append("stack: it started without its server")

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop it as people do."""
        if self.up is not None:
            self.is_meant_to_be_down = True
            self.up.send(number)
            if (code := self.up.wait(DOWN_S)) != 0:
                self.broken.append(f"stack: it ended with {code} when told to")

    def do(self, step: Step) -> None:
        """Carry out one step; returns when its effect is over."""
        done = Done(step, time.monotonic())
        self.done.append(done)
        act: Callable[[Step, Done], None] = getattr(self, "_" + step.kind.replace(" ", "_"))
        try:
            act(step, done)
        except Exception as error:  # noqa: BLE001  a step that cannot be done is told, and the seed goes on
            self.broken.append(f"harness: {step.name}: {type(error).__name__}: {str(error)[-400:]}")
        done.ended = time.monotonic()

    def pids(self, target: str) -> list[int]:
        """The processes that a step is aimed at."""
        if target == "stack":
            return [self.up.process.pid] if self.up is not None and self.up.process.poll() is None else []
        flows = self.flows()
        if target == "flow":
            return [pid for pid, _ in flows[:1]]
        found = sorted(set(self.house.pids(PROCESSES[target])) - {pid for pid, _ in flows})
        return found[:1] if target != "warm" else found

    def flows(self) -> list[tuple[int, dict[str, Any]]]:
        """The processes of jobs at work, with the rows."""
        alive = self.house.alive()
        rows = [self.house.store.job(job_id) for job_id in self.job_ids]
        return [
            (row["process"]["pid"], row)
            for row in rows
            if row and row["process"] and row["run_status"] == "running" and row["process"]["pid"] in alive
        ]

    def _mourn(self, kind: str, done: Done, at: float, flows: Iterable[tuple[int, dict[str, Any]]]) -> None:
        dead = tuple(row["job_id"] for _, row in flows)
        done.job_ids += dead
        attempts = {row["job_id"]: row["attempt"] for _, row in flows}
        self.deaths += [Death(kind, job_id, at, attempts[job_id]) for job_id in dead]

    def _kill(self, step: Step, done: Done) -> None:
        match step.target:
            case "flow":
                flows = self.flows()[:1]
                _send([pid for pid, _ in flows], signal.SIGKILL)
                self._mourn("kill flow", done, time.monotonic(), flows)
            case "group":
                flows = self.flows()
                self._kill_group()
                self._mourn("kill worker and flow", done, time.monotonic(), flows)
            case "stack":
                flows = self.flows()
                self.is_meant_to_be_down = True
                _send(self.pids("stack"), signal.SIGKILL)
                time.sleep(step.amount)
                self._up_again("kill stack, then start it", done, flows)
            case "everything":
                flows = self.flows()
                self.is_meant_to_be_down = True
                _send(list(self.house.alive()), signal.SIGKILL)
                time.sleep(step.amount)
                self._up_again("kill everything, then start it", done, flows)
            case target:
                self._kill_part(target)

    def _kill_part(self, target: str) -> None:
        pids, at = self.pids(target), time.monotonic()
        _send(pids, signal.SIGKILL)
        if target in {"server", "prefect"} and pids:
            self._back(f"kill {target}", at)

    def _back(self, kind: str, since: float) -> None:
        url = self.house.api + "/health" if "prefect" in kind else self.watching.url + "/health/live"

        def answers() -> bool:
            with suppress(httpx.HTTPError):
                return httpx.get(url, timeout=1, trust_env=False).status_code == 200
            return False

        while not self.over.is_set() and time.monotonic() < since + UP_S:
            if answers():
                self.back_s.append((kind, time.monotonic() - since))
                return
            time.sleep(0.05)
        if not self.over.is_set():
            self.broken.append(f"stack: {kind}: it did not answer again within {UP_S:.0f} s")

    def _kill_twice(self, step: Step, _: Done) -> None:
        at, first = time.monotonic(), self.pids("prefect")
        _send(first, signal.SIGKILL)
        with suppress(AssertionError):
            wait_for(lambda: set(self.pids("prefect")) - set(first), 10)
        time.sleep(step.amount)
        _send(self.pids("prefect"), signal.SIGKILL)
        self._back("kill twice prefect", at)

    def _kill_pending(self, step: Step, done: Done) -> None:
        """Kill the worker while a job is PENDING, alone or with what it has started."""
        job_id, until = self.job_ids[0], time.monotonic() + PENDING_S
        while (state := self.house.state(job_id)["type"]) == "SCHEDULED" and time.monotonic() < until:
            time.sleep(0.005)
        if state != "PENDING":
            return
        at = time.monotonic()
        if step.target == "group":
            self._kill_group()
            if not self.flows():
                self.deaths.append(Death("kill worker and flow while PENDING", job_id, at, 0))
        else:
            _send(self.pids("worker"), signal.SIGKILL)
        done.job_ids += (job_id,)

    def _kill_group(self) -> None:
        """Kill the worker and all that it has started, as the kernel does where memory is short."""
        for pid in self.house.pids(PROCESSES["worker"]):
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def _up_again(self, kind: str, done: Done, flows: list[tuple[int, dict[str, Any]]]) -> None:
        at = time.monotonic()
        self.start()
        self.is_meant_to_be_down = False
        self._mourn(kind, done, at, flows)

    def _restart(self, step: Step, done: Done) -> None:
        flows = self.flows()
        self.stop(signal.SIGTERM)
        self.house.empty(within_s=3)
        time.sleep(step.amount)
        self._up_again("stop the stack, then start it", done, flows)

    def _second(self, _: Step, __: Done) -> None:
        """Start another `learn up` in the same home, which must refuse and change nothing."""
        second = self.house.learn("up", "--plain", **self.environment)
        if second.wait(DOWN_S) == 0 or "already running" not in second.text:
            self.broken.append(f"stack: a second one was not refused: {second.text[-300:]}")

    def _end(self, step: Step, done: Done) -> None:
        flows = self.flows()[:1]
        _send([pid for pid, _ in flows], signal.SIGTERM)
        done.job_ids += tuple(row["job_id"] for _, row in flows)

    def _interrupt(self, step: Step, done: Done) -> None:
        flows = self.flows()[:1]
        _send([pid for pid, _ in flows], signal.SIGINT)
        done.job_ids += tuple(row["job_id"] for _, row in flows)

    def _stop(self, step: Step, done: Done) -> None:
        flows = self.flows()[:1] if step.target == "flow" else []
        done.job_ids += tuple(row["job_id"] for _, row in flows)
        pids = [pid for pid, _ in flows] or self.pids(step.target)
        _send(pids, signal.SIGSTOP)
        self.over.wait(step.for_s)
        _send(pids, signal.SIGCONT)

    def _stutter(self, step: Step, done: Done) -> None:
        """A machine that is so busy that a process hardly gets on."""
        flows = self.flows()[:1] if step.target == "flow" else []
        done.job_ids += tuple(row["job_id"] for _, row in flows)
        pids, until = [pid for pid, _ in flows] or self.pids(step.target), time.monotonic() + step.for_s
        while time.monotonic() < until:
            for number, pause_s in zip((signal.SIGSTOP, signal.SIGCONT), BLINK_S, strict=True):
                _send(pids, number)
                time.sleep(pause_s)

    def _lock(self, step: Step, _: Done) -> None:
        home = self.house.home
        path = home / "knowledge.db" if step.target == "knowledge" else home / "prefect" / "prefect.db"
        with Store(path).locked():
            self.over.wait(step.for_s)

    def _fill(self, step: Step, _: Done) -> None:
        with self.disk.full(self.house.alive):
            self.over.wait(step.for_s)

    def _jump(self, step: Step, _: Done) -> None:
        if self.clock is not None:
            self.clock.jump(step.amount)

    def _outage(self, step: Step, _: Done) -> None:
        route, _, kind = step.target.partition(" ")
        if self.world is not None:
            self.world.plan(Fault.model_validate({"kind": kind, "route": route}))
            self.over.wait(step.for_s)
            self.world.plan()

    def _ask(self, step: Step, done: Done) -> None:
        """What a person may ask of a job at any moment: it is done, or refused for a reason."""
        job_id, until = self.job_ids[-1], time.monotonic() + ASK_S
        done.job_ids = (job_id,)
        path, body = (
            ("retry", None) if step.target == "retry" else ("cancel", {"drain": step.target == "drain"})
        )
        while time.monotonic() < until:
            status = self.ask(job_id, path, body)
            if status in {202, 409, 422}:
                if status == 202:
                    self.wishes.setdefault(job_id, set()).add(step.target)
                return
            time.sleep(0.3)

    def ask(self, job_id: str, path: str, body: object = None) -> int:
        """One call about a job; 0 if nobody answered."""
        status = 0
        try:
            answer = httpx.post(
                f"{self.watching.url}/jobs/{job_id}/{path}", json=body, timeout=30, trust_env=False
            )
            status = answer.status_code
            if status not in {202, 409, 422, 429, 503, 507}:
                self.broken.append(f"api: {path} answered {status}: {answer.text[:300]}")
        except httpx.HTTPError:
            pass  # it may have been done all the same
        if path == "retry" and status in {0, 202}:
            self.watching.retried[job_id] += 1
        return status

    def are_final(self) -> bool:
        """Whether all jobs have ended, as far as the store knows."""
        rows = [self.house.store.job(job_id) for job_id in self.job_ids]
        return all(row and row["status"] in FINAL and row["is_settled"] for row in rows)


def _send(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
