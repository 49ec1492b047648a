"""Words reasons and input errors for people: what happened, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flows.core.outcomes import LEXICON_NAME
from flows.errors import InvalidInput
from flows.knowledge import RUN_DELETED_CODE, Reason, ReasonCode, Verdict

Wording = Callable[[Mapping[str, Any]], str]
START_ANEW = "Start a new job; what this one learned is kept."
"""The remedy for a job that no worker can run again."""


def _exited(about: Mapping[str, Any]) -> str:
    code = about["exit_code"]
    return f"Its process ended with exit code {code}." if code else "Its process ended without a result."


def _prefect(about: Mapping[str, Any]) -> str:
    return str(about["message"] or about["state"])


_TEXTS: dict[ReasonCode, Wording] = {
    "late": lambda about: f"No worker has picked it up yet (work pool {about['pool']!r}).",
    "starting": lambda _: "A worker has picked it up; its process has not started yet.",
    "pool_paused": lambda about: f"Work pool {about['pool']!r} is paused.",
    "pool_missing": lambda about: f"Work pool {about['pool']!r} does not exist.",
    "no_worker": lambda about: f"No worker is online for work pool {about['pool']!r}.",
    "slots_taken": lambda _: "Other jobs of this kind are running; it starts when one of them ends.",
    "retry_later": lambda about: (
        f"It starts again at {datetime.fromisoformat(about['at']).astimezone(UTC):%H:%M:%S} UTC."
    ),
    "taken_back": lambda _: "The worker that took it died before the job began; another one will take it.",
    "killed": lambda about: f"Its process was killed (signal {about['signal']}).",
    "exited": _exited,
    "vanished": lambda _: "Its process stopped responding.",
    "overdue": lambda _: "It ran out of time and its process is gone.",
    "timed_out": lambda _: "Prefect's timeout ended it.",
    "gone": lambda _: "Its process was killed or crashed.",
    "never_began": lambda _: "Several workers took it, but none started it.",
    RUN_DELETED_CODE: lambda _: (
        "Prefect no longer knows its run: it was deleted, or Prefect's database was replaced."
    ),
    "worker_stopped": lambda _: (
        "Its worker was stopped. What it learned is kept; a retry continues from there."
    ),
    "prefect": _prefect,
}
_REMEDIES: dict[ReasonCode, Wording] = {
    "late": lambda _: "Check that a worker is running: `learn doctor`.",
    "starting": lambda _: "If this persists, see the worker's log.",
    "pool_paused": lambda about: f"Resume it in Prefect, or run `prefect work-pool resume {about['pool']}`.",
    "pool_missing": lambda _: "Run `learn up`, or `prefect work-pool create` and `prefect deploy --all`.",
    "never_began": lambda _: "See the worker's log, then retry the job.",
    RUN_DELETED_CODE: lambda _: START_ANEW,
    "no_worker": lambda about: f"Start one: `learn up`, or `prefect worker start --pool {about['pool']}`.",
}


def reason_text(reason: Reason) -> str:
    """A reason as a sentence."""
    return _TEXTS[reason.code](reason.params)


def reason_line(reason: Reason) -> str:
    """A reason and its remedy in one line."""
    return " ".join(filter(None, (reason_text(reason), remedy(reason))))


def remedy(reason: Reason) -> str | None:
    """What a person can do about it; None if waiting is enough."""
    words = _REMEDIES.get(reason.code)
    return words(reason.params) if words is not None else None


_INPUT: dict[str, str] = {
    "missing": "is required",
    "extra_forbidden": "is not a known field",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items (got {actual_length})",
    "string_type": "must be text",
    "string_unicode": "must be text in UTF-8",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "union_tag_not_found": "is required",
    "union_tag_invalid": "must be one of {expected_tags}",
    "uuid_parsing": "must be a UUID such as 0199d0c4-5c54-7a52-9a4e-5a8f7a2f6d11",
    "uuid_type": "must be a UUID such as 0199d0c4-5c54-7a52-9a4e-5a8f7a2f6d11",
    "json_invalid": "must be valid JSON",
    "string_pattern_mismatch": "must match {pattern}",
}
"""By pydantic error type; the error's context has the parameters."""


_INPUT_ITSELF = frozenset({"tag"})
"""Parameters of pydantic's errors that repeat the input."""
_OTHER_ROUTE = {("union_tag_invalid", "big"): "For a big job, send POST /jobs/start_big."}
"""What to send instead of a mode that another route takes."""


def input_text(code: str, params: Mapping[str, Any], *, otherwise: str) -> str:
    """What is wrong with a field, to follow its name; `otherwise` for an unknown code."""
    text = _INPUT.get(code)
    try:
        return text.format_map(_shown(params)) if text is not None else otherwise
    except (KeyError, ValueError):
        return otherwise


def _shown(params: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: f"{value:,.15g}" if isinstance(value, (int, float)) and not isinstance(value, bool) else value
        for name, value in params.items()
    }


def invalid_input(error: Mapping[str, Any], field: str) -> InvalidInput:
    """One of pydantic's error details as an InvalidInput.

    Leaves out the input, which may hold a secret.
    """
    code, about = str(error["type"]), dict(error.get("ctx") or {})
    problem = str(about.pop("problem", "")) or input_text(code, about, otherwise=str(error["msg"]))
    remedy = str(about.pop("remedy", "")) or _OTHER_ROUTE.get((code, str(about.get("tag"))), "")
    params = {
        name: value
        for name, value in about.items()
        if name not in _INPUT_ITSELF and isinstance(value, (str, int, float, bool))
    }
    return InvalidInput(field, problem, remedy, code=code, params=params)


_ABSENT: dict[str, str] = {
    "variant_of_known": "“{word}” is {relation} “{variant_of}”, which is learned",
    "variant_of_unlearned": "“{word}” is {relation} “{variant_of}”, which is not learned yet",
    "taken_for_variant": (
        "“{word}” is not learned; jobs treat it as {relation} “{variant_of}”, which is learned"
    ),
    "not_a_word": "“{word}” is not a word that can be learned: {verdict}",
    "not_in_lexicon": f"“{{word}}” is not learned yet, and not in the offline lexicon ({LEXICON_NAME})",
    "in_work": "“{word}” is not learned yet; a job is learning it",
    "not_learned": "“{word}” is not learned yet",
}
_IN_WORK_AS = "“{word}” is not learned; a job is learning “{variant_of}”, and this is {relation} it"
_RELATIONS = {Verdict.INFLECTION.value: "a form of", Verdict.SPELLING_VARIANT.value: "another spelling of"}
LEXICON_LACKS = "Only a language model can learn it: set GROQ_API_KEY."


def relation_text(relation: str | None) -> str:
    """How a word stands to the other one that stands for it, to be followed by that word."""
    return _RELATIONS.get(relation or "", "another spelling of")


def absence_text(code: str, params: Mapping[str, Any]) -> str:
    """What a word is under which nothing is stored, without a full stop."""
    text = _IN_WORK_AS if code == "in_work" and "variant_of" in params else _ABSENT[code]
    return text.format_map({**params, "relation": relation_text(params.get("relation"))})


def absence_remedy(code: str, params: Mapping[str, Any]) -> str | None:
    """What to send instead; None if nothing helps but waiting."""
    if code in {"variant_of_known", "taken_for_variant"}:
        return f"Ask for “{params['variant_of']}”."
    if code == "not_in_lexicon":
        return LEXICON_LACKS
    if params.get("learn"):
        return f'To learn it, send POST /jobs/start {{"mode": "quick", "words": ["{params["learn"]}"]}}.'
    return None
