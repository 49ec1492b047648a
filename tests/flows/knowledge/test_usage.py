"""A bill that was stored can be read again."""

import math

import pytest

from flows.knowledge import Usage


@pytest.mark.parametrize("cost", [math.nan, math.inf, -math.inf])
def test_a_cost_that_is_no_number_counts_as_unknown(cost):
    usage = Usage(requests=1, cost_usd=cost)
    assert usage.cost_usd == 0
    assert Usage.model_validate_json(usage.model_dump_json()) == usage


def test_a_stored_bill_without_its_cost_is_read():
    assert Usage.model_validate_json('{"requests": 1, "cost_usd": null}') == Usage(requests=1)
    assert Usage(cost_usd=0.25).cost_usd == 0.25
