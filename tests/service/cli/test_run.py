"""What the command line refuses before anything is started."""

import pytest
from prefect.utilities.callables import parameter_schema

from flows import deep_learning, quick_learning
from flows.errors import InvalidInput
from service.cli.run import LONGEST_TOPIC, MOST_MINUTES, MOST_WORDS, parameters

NOTHING = {"minutes": None, "topic": None, "max_entries": None, "limit": None}


def test_what_is_given_becomes_the_flows_parameters_and_nothing_else():
    given = parameters("quick", ["tide", "ebb"], **NOTHING | {"limit": MOST_WORDS, "topic": "the sea"})
    assert given == {"words": ["tide", "ebb"], "topic": "the sea", "limit": MOST_WORDS}
    assert parameters("big", [], **NOTHING) == {}


@pytest.mark.parametrize(
    ("words", "changed", "field"),
    [
        ([""], {}, "words"),
        (["<b>"], {}, "words"),
        (["\udcff"], {}, "words"),
        (["tide"] * (MOST_WORDS + 1), {}, "words"),
        ([], {"limit": MOST_WORDS + 1}, "limit"),
        ([], {"limit": 0}, "limit"),
        ([], {"topic": "x" * (LONGEST_TOPIC + 1)}, "topic"),
        ([], {"topic": "\udcff"}, "topic"),
        ([], {"max_entries": 5}, "max_entries"),
        ([], {"minutes": MOST_MINUTES + 1}, "minutes"),
        ([], {"minutes": float("nan")}, "minutes"),
    ],
)
def test_what_the_flow_would_refuse_is_refused_by_name_before_it_starts(words, changed, field):
    with pytest.raises(InvalidInput) as refused:
        parameters("deep", words, **NOTHING | changed)
    assert refused.value.field == field


@pytest.mark.parametrize("flow", [quick_learning, deep_learning], ids=lambda flow: flow.name)
def test_the_bounds_are_those_of_the_flows(flow):
    properties = parameter_schema(flow).properties
    assert properties["limit"]["maximum"] == MOST_WORDS
    assert any(kind.get("maxItems") == MOST_WORDS for kind in properties["words"]["anyOf"])
    assert any(kind.get("maxLength") == LONGEST_TOPIC for kind in properties["topic"]["anyOf"])
