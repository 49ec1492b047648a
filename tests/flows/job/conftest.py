"""The heart of a job on a clock of its own, without Prefect: every test here takes milliseconds."""

from tests.flows.job.virtual_time import VirtualLoop


def pytest_asyncio_loop_factories(config, item):
    return {"virtual time": VirtualLoop}
