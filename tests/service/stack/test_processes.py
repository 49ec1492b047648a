"""How long the parts of the stack wait for each other."""

from __future__ import annotations

from flows.shielding import STOP_GRACE_S
from service.stack import processes
from service.stack.worker import engine, worker


def test_each_waits_longer_than_what_it_waits_for():
    assert STOP_GRACE_S < worker.DRAIN_S < processes.WORKER_STOP_S
    assert STOP_GRACE_S < engine.DRAIN_S
