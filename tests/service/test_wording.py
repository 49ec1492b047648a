"""Reasons and input errors in words: every code has its sentence, none needs more than its parameters."""

from __future__ import annotations

from typing import get_args
from uuid import UUID

import pytest
from pydantic import TypeAdapter, ValidationError

from flows.knowledge import Reason, ReasonCode
from service.schemas import BigJob, PlannedJob, StartDeepJob, StartJob
from service.wording import input_text, invalid_input, reason_line, reason_text, remedy

PARAMS = {
    "pool": "learning",
    "deployment": "big",
    "at": "2030-01-01T12:00:00Z",
    "signal": 9,
    "exit_code": 3,
    "message": "it said so",
    "state": "Crashed",
}


@pytest.mark.parametrize("code", get_args(ReasonCode))
def test_every_reason_is_a_sentence(code):
    text = reason_text(Reason(code=code, params=PARAMS))
    assert text
    assert "{" not in text
    assert reason_line(Reason(code=code, params=PARAMS)).startswith(text)


def test_a_moment_is_told_as_a_person_reads_it():
    again = Reason(code="retry_later", params={"at": "2030-01-01T13:00:00.123456+01:00"})
    assert reason_text(again) == "It starts again at 12:00:00 UTC."


@pytest.mark.parametrize("code", ["late", "starting", "pool_paused", "pool_missing", "no_worker"])
def test_what_a_person_can_mend_says_how(code):
    assert remedy(Reason(code=code, params=PARAMS))


def error_of(model, given):
    with pytest.raises(ValidationError) as refused:
        model.model_validate(given)
    detail = refused.value.errors()[0]
    return invalid_input(detail, str(detail["loc"][0]))


@pytest.mark.parametrize(
    ("given", "text", "code", "params"),
    [
        ({"minutes": 11}, "minutes: must be at most 10.", "less_than_equal", {"le": 10.0}),
        ({"minutes": 0}, "minutes: must be more than 0.", "greater_than", {"gt": 0.0}),
        ({"max_entries": 0}, "max_entries: must be at least 1.", "greater_than_equal", {"ge": 1}),
        ({"max_entries": 1.5}, "max_entries: must be a whole number.", "int_from_float", {}),
        ({"minutes": "ten"}, "minutes: must be a number.", "not_a_number", {}),
        (
            {"topic": "x" * 201},
            "topic: must have at most 200 characters.",
            "string_too_long",
            {"max_length": 200},
        ),
        ({"topic": 5}, "topic: must be text.", "string_type", {}),
        ({"speed": 1}, "speed: is not a known field.", "extra_forbidden", {}),
    ],
)
def test_wrong_input_is_worded_by_its_code(given, text, code, params):
    error = error_of(BigJob, {"mode": "big", **given})
    assert (str(error), error.code, error.params) == (text, code, params)


@pytest.mark.parametrize(
    ("union", "mode", "remedy"),
    [
        (StartJob, "big", "For a big job, send POST /jobs/start_big."),
        (StartJob, "huge", ""),
        (PlannedJob, "huge", ""),
    ],
)
def test_a_mode_of_another_route_names_the_route(union, mode, remedy):
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(union).validate_python({"mode": mode})
    error = invalid_input(refused.value.errors()[0], "mode")
    assert error.problem.startswith("must be one of ")
    assert error.remedy == remedy


def test_a_refused_word_keeps_its_reason_and_its_remedy():
    error = error_of(StartDeepJob, {"mode": "deep", "words": ["7"]})
    assert error.code == "word_number"
    assert error.params == {"word": "7"}
    assert "“7”" in error.problem
    assert error.remedy


def test_the_input_itself_is_never_told():
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(UUID).validate_python("secret")
    assert "secret" not in str(invalid_input(refused.value.errors()[0], "job_id"))


def test_a_code_without_words_keeps_pydantics():
    assert input_text("brand_new", {}, otherwise="It is wrong") == "It is wrong"
    assert input_text("less_than_equal", {}, otherwise="It is wrong") == "It is wrong"
