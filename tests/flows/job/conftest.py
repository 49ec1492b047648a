"""The heart of a job on a clock of its own, without Prefect: every test here takes milliseconds."""

import pytest

from tests.flows.job.heart import Heart
from tests.flows.job.virtual_time import VirtualLoop


def pytest_asyncio_loop_factories(config, item):
    return {"virtual time": VirtualLoop}


@pytest.fixture
def heart(tmp_path):
    return Heart(tmp_path)
