"""What a worker that is being stopped tells of the processes that it stops."""

from __future__ import annotations

import pytest

from service.stack.worker.process_worker import LearningWorker


class Ended:
    def __init__(self, code):
        self.code = code

    async def wait(self):
        return self.code


@pytest.mark.parametrize("code", [-15, -9, 1, 0])
async def test_a_stopping_worker_has_prefect_call_no_run_crashed(code):
    """Prefect's own part of the worker would do so for any code but 0, also of a run that had not begun."""
    worker = LearningWorker.__new__(LearningWorker)
    worker.is_stopping = True
    assert await worker._conclude(None, Ended(code)) == 0
