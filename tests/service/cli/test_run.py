"""What the command line refuses before anything is started."""

import pytest
from prefect.utilities.callables import parameter_schema

from flows import deep_learning, quick_learning
from flows.errors import InvalidInput
from flows.knowledge.limits import MAX_GIVEN_WORDS, MAX_LIMIT, MAX_MINUTES, MAX_TOPIC_LENGTH
from flows.settings import Settings
from service import cli
from service.cli.run import page_stays, parameters
from service.stack.environment import prepare_home
from service.stack.locks import try_lock
from service.stack.prefect_server import lease_file

NOTHING = {"minutes": None, "topic": None, "max_entries": None, "limit": None}


def test_what_is_given_becomes_the_flows_parameters_and_nothing_else():
    given = parameters("quick", ["tide", "ebb"], **NOTHING | {"limit": MAX_LIMIT, "topic": "the sea"})
    assert given == {"words": ["tide", "ebb"], "topic": "the sea", "limit": MAX_LIMIT}
    assert parameters("big", [], **NOTHING) == {}


@pytest.mark.parametrize(
    ("words", "changed", "field"),
    [
        ([""], {}, "words"),
        (["<b>"], {}, "words"),
        (["\udcff"], {}, "words"),
        (["tide"] * (MAX_GIVEN_WORDS + 1), {}, "words"),
        ([], {"limit": MAX_LIMIT + 1}, "limit"),
        ([], {"limit": 0}, "limit"),
        ([], {"topic": "x" * (MAX_TOPIC_LENGTH + 1)}, "topic"),
        ([], {"topic": "\udcff"}, "topic"),
        ([], {"max_entries": 5}, "max_entries"),
        ([], {"minutes": MAX_MINUTES + 1}, "minutes"),
        ([], {"minutes": float("nan")}, "minutes"),
    ],
)
def test_what_the_flow_would_refuse_is_refused_by_name_before_it_starts(words, changed, field):
    with pytest.raises(InvalidInput) as refused:
        parameters("deep", words, **NOTHING | changed)
    assert refused.value.field == field


def test_a_deep_job_takes_minutes_and_a_quick_one_does_not():
    assert parameters("deep", ["tide"], **NOTHING | {"minutes": 3})["minutes"] == 3
    with pytest.raises(InvalidInput, match=r"^minutes: does not apply to quick jobs"):
        parameters("quick", ["tide"], **NOTHING | {"minutes": 3})


@pytest.mark.parametrize("flow", [quick_learning, deep_learning], ids=lambda flow: flow.name)
def test_the_bounds_are_those_of_the_flows(flow):
    properties = parameter_schema(flow).properties
    assert properties["limit"]["maximum"] == MAX_LIMIT
    assert any(kind.get("maxItems") == MAX_GIVEN_WORDS for kind in properties["words"]["anyOf"])
    assert any(kind.get("maxLength") == MAX_TOPIC_LENGTH for kind in properties["topic"]["anyOf"])


@pytest.mark.parametrize("arguments", [["big"], ["quick"], ["deep"]])
def test_a_topic_that_the_lexicon_does_not_know_is_refused_before_anything_starts(
    arguments, capsys, monkeypatch, tmp_path
):
    monkeypatch.setenv("LEARN_HOME", str(tmp_path / "home"))
    assert cli.main(["run", *arguments, "--topic", "astronmy"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("learn: --topic: ")
    assert "“astronomy”" in said
    assert not (tmp_path / "home" / "knowledge.db").exists()


def test_prefects_page_stays_where_others_use_its_server_or_it_is_not_ours(monkeypatch, tmp_path):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    settings = Settings(home=tmp_path / "home")
    assert not page_stays(settings), "there is not even a home"
    prepare_home(settings)
    assert not page_stays(settings)
    with try_lock(lease_file(settings), shared=True):
        assert page_stays(settings)
    assert not page_stays(settings), "asking takes nothing for long"
    monkeypatch.setenv("PREFECT_API_URL", "https://prefect.example/api")
    assert page_stays(settings)
