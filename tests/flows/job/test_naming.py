"""What a run is called: one visible line, whatever was typed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from flows.job import naming


@pytest.mark.parametrize(
    ("parameters", "about"),
    [
        ({"topic": "astronomy"}, "astronomy"),
        ({"topic": "  deep \n sea "}, "deep sea"),
        ({"topic": "\x9b31mred\x1b[0m"}, "31mred [0m"),
        ({"topic": "a\u202eb\u2028c\x85d"}, "a b c d"),
        ({"topic": "\u202e\x9b"}, "open"),
        ({"words": ["tide", "mo\x9bon"]}, "tide, mo on"),
        ({"topic": None, "words": None}, "open"),
        ({"topic": "x" * 100}, "x" * naming.SHOWN),
    ],
)
def test_a_run_is_named_in_one_visible_line(monkeypatch, parameters, about):
    monkeypatch.setattr(naming, "flow_run", SimpleNamespace(parameters=parameters, flow_name="big-learning"))
    name = naming.run_name()
    assert name.isprintable()
    assert name.split(" · ")[:2] == ["big-learning", about]
