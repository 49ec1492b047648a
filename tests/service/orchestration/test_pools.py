"""Why a run that is due has not begun, as far as its work pool tells."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
import yaml
from prefect.client.schemas.objects import WorkPoolStatus
from prefect.exceptions import ObjectNotFound

from flows.knowledge import PrefectState, utc_now
from service.orchestration.deployments.deploy import prefect_file
from service.orchestration.pools import LATE_S, SLOT_STATE, Pools
from service.orchestration.types import POOL, Run


class PlayedApi:
    """A Prefect with one work pool, or none."""

    def __init__(self, pool):
        self.pool = pool
        self.asked = 0

    async def ask(self, _call):
        self.asked += 1
        if self.pool is None:
            raise ObjectNotFound(Exception("there is none"))
        return self.pool


def pool(*, is_paused=False, status=WorkPoolStatus.READY):
    return SimpleNamespace(is_paused=is_paused, status=status)


def run(kind="SCHEDULED", *, name=None, waited_s=LATE_S + 1, due_in_s=None, of="learning"):
    since = utc_now() - timedelta(seconds=waited_s)
    state = PrefectState(id=uuid4(), type=kind, name=name or kind.title(), since=since)
    due = since if due_in_s is None else utc_now() + timedelta(seconds=due_in_s)
    return Run(
        job_id=uuid4(), mode="big", name="a run", due_at=due, state=state, has_deployment=True, pool=of
    )


@pytest.mark.parametrize(
    ("found", "waiting", "code"),
    [
        (pool(), {}, "late"),
        (pool(), {"waited_s": 0}, None),
        (pool(), {"waited_s": 0, "name": "Late", "due_in_s": -LATE_S - 1}, "late"),
        (pool(is_paused=True), {"waited_s": 0}, "pool_paused"),
        (pool(status=WorkPoolStatus.NOT_READY), {"waited_s": 0}, "no_worker"),
        (None, {"waited_s": 0}, "pool_missing"),
        (pool(), {"name": SLOT_STATE}, "slots_taken"),
        (pool(), {"name": "AwaitingRetry", "due_in_s": 60}, "retry_later"),
        (pool(), {"kind": "PENDING"}, "starting"),
        (pool(), {"kind": "PENDING", "waited_s": 0}, None),
        (pool(is_paused=True), {"of": None}, None),
    ],
)
async def test_the_reason_why_a_run_waits(found, waiting, code):
    reason = await Pools(PlayedApi(found)).why_waiting(run(**waiting))
    assert (reason.code if reason else None) == code


async def test_a_pool_is_read_once_for_many_runs_until_something_is_heard_of_it():
    api = PlayedApi(pool(is_paused=True))
    pools = Pools(api)
    for _ in range(20):
        assert (await pools.why_waiting(run())).code == "pool_paused"
    assert api.asked == 1
    api.pool = pool()
    pools.forget()
    assert (await pools.why_waiting(run())).code == "late"


@pytest.mark.parametrize(("ahead_s", "code"), [(-60, "retry_later"), (0, None), (60, "late")])
async def test_how_long_a_run_has_waited_is_judged_by_the_clock_that_is_given(ahead_s, code):
    pools = Pools(PlayedApi(pool()), clock=lambda: utc_now() + timedelta(seconds=ahead_s))
    reason = await pools.why_waiting(run(waited_s=0))
    assert (reason.code if reason else None) == code


def test_our_file_deploys_to_the_pool_that_our_worker_serves():
    deployments = yaml.safe_load(prefect_file().read_text())["deployments"]
    assert {each["work_pool"]["name"] for each in deployments} == {POOL}
