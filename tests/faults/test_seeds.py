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


@pytest.mark.parametrize("seed", [2, 5])
def test_a_seed_breaks_nothing(seed, tmp_path):
    result = run(draw(seed), tmp_path)
    assert not result.broken, str(result)
