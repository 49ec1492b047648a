"""Two seeds on every run; `make faults` has as many as wanted, the scheduled run twenty."""

from __future__ import annotations

import pytest

from tests.faults.harness import run
from tests.faults.plan import FAULTS, draw

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]


def test_a_seed_is_the_same_plan_for_ever():
    assert [str(draw(seed)) for seed in range(1, 40)] == [str(draw(seed)) for seed in range(1, 40)]
    kinds = {step.kind for seed in range(1, len(FAULTS) + 1) for step in draw(seed).steps}
    assert len(kinds) >= 13, kinds


@pytest.mark.parametrize(
    ("seed", "faults"),
    [
        # all processes at once, and what the next start finds; then a SIGTERM for the flow alone
        (523, ["kill everything", "end flow"]),
        # a worker that hangs is killed with its flow, as the kernel does where memory is short
        (815, ["stop worker", "kill group"]),
    ],
)
def test_a_seed_breaks_nothing(seed, faults, tmp_path):
    plan = draw(seed)
    assert [step.name for step in plan.steps] == faults, "other seeds draw these by now: name them here"
    result = run(plan, tmp_path)
    assert not result.broken, str(result)
