"""What `learn up` deploys."""

from __future__ import annotations

from prefect import Flow

from service.cli.up import load_flow
from tests.service.deploying import entrypoints

ADDED = "from prefect import flow\n\n\n@flow(name='added')\ndef learn_more(words: int = 3): ...\n"


def test_flows_of_our_deployments_are_those_of_the_python_api():
    from flows import big_learning, deep_learning, quick_learning

    assert {mode: load_flow(at) for mode, at in entrypoints().items()} == {
        "big": big_learning,
        "quick": quick_learning,
        "deep": deep_learning,
    }


def test_flow_that_a_person_adds_to_the_file_is_loaded_too(tmp_path, monkeypatch):
    (tmp_path / "added_flows.py").write_text(ADDED)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = load_flow("added_flows.learn_more")
    assert isinstance(found, Flow)
    assert (found.name, list(found.parameters.properties)) == ("added", ["words"])
