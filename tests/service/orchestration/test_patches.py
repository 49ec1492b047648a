"""Patches of Prefect fit the Prefect that is installed, and change nothing on another one."""

import subprocess
import sys

import pytest

from service.orchestration.patches import PATCHES


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.name)
def test_a_patch_fits_the_installed_prefect_and_says_why_it_is_there(patch):
    assert patch.fits()
    assert patch.issue.startswith("https://github.com/PrefectHQ/prefect/issues/")
    assert patch.reason
    assert patch.without


def in_a_process(code):
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()


def test_a_patch_in_force_begins_transactions_as_writers():
    code = """
from prefect.server.database.configurations import AioSqliteConfiguration as Database
from service.orchestration.patches import WRITE_ONE_AT_A_TIME
seen = []
Database.begin_transaction = lambda self, session, with_for_update=False: seen.append(with_for_update)
WRITE_ONE_AT_A_TIME.apply()
Database.begin_transaction(None, None)
print(*seen)
"""
    assert in_a_process(code) == ["True"]


def test_a_patch_does_not_touch_a_function_of_another_shape():
    code = """
from prefect.server.database.configurations import AioSqliteConfiguration as Database
from service.orchestration.patches import WRITE_ONE_AT_A_TIME, put_in_force
def another(self, session, mode=None): ...
Database.begin_transaction = another
print(put_in_force(WRITE_ONE_AT_A_TIME), Database.begin_transaction is another)
"""
    assert in_a_process(code) == ["False", "True"]


RENEWED_AT_LAST = """
import threading, uuid
from prefect.concurrency import _leases
from service.orchestration.patches import KEEP_THE_SLOT, put_in_force
_leases._RENEWAL_RETRY_BASE_DELAY = _leases._RENEWAL_RETRY_MAX_DELAY = 0.001
class Client:
    asked = 0
    def renew_concurrency_lease(self, **given):
        self.asked += 1
        if self.asked < 20:
            raise ConnectionRefusedError("the server is away")
client = Client()
{first}
try:
    _leases._renew_concurrency_lease_with_retries(client, uuid.uuid4(), 300, threading.Event())
except ConnectionRefusedError:
    print("ended")
print(client.asked)
"""


def test_a_slot_is_kept_through_an_outage():
    assert in_a_process(RENEWED_AT_LAST.format(first="")) == ["ended", "3"], (
        "the patch is not needed any more"
    )
    assert in_a_process(RENEWED_AT_LAST.format(first="put_in_force(KEEP_THE_SLOT)")) == ["20"]
