"""What became of the words of a job, and why."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from flows.knowledge.base import Depth, Document, Key

FailureCode = Literal[
    "no_answer",
    "not_accepted",
    "malformed",
    "unreadable",
    "refused",
    "too_large",
    "unavailable",
    "timed_out",
    "quota_used_up",
    "time_limit",
    "taken_elsewhere",
    "not_in_lexicon",
    "not_done",
]
OutcomeCode = Literal[
    # rejected before work: the names of the verdicts, see flows.knowledge.words.Verdict
    "empty",
    "too_long",
    "too_many_words",
    "no_letter",
    "number",
    "markup",
    "sentence",
    "repeated",
    "inflection",
    "spelling_variant",
    "processed",
    "known",
    "claimed_elsewhere",
    # worked on, and given up
    FailureCode,
]
ErrorCode = Literal["unknown_topic", "invalid_input"]
"""Errors of a job's own parameters."""
TAKEN_ELSEWHERE = "another job has taken it"


class Failure(Document):
    """Why a word did not reach the depth that its job works towards, as a code and as text."""

    code: FailureCode
    text: str


class Outcome(Document):
    """The outcome for one word: `stored` is the depth reached, None if it was given up.

    `reason_code` and `reason` say why it is not the depth that the job works towards.
    """

    word: str
    key: Key
    stored: Depth | None
    reason: str | None = None
    reason_code: FailureCode | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_code(cls, given: Any) -> Any:  # noqa: ANN401  whatever is validated
        """Rows from before `reason_code` have only the sentence."""
        if isinstance(given, dict) and given.get("reason") == TAKEN_ELSEWHERE:
            return {"reason_code": "taken_elsewhere", **given}
        return given


class NamedOutcome(Document):
    """A word that a job did not learn, and why. `variant_of` is the word that takes its place, if any."""

    word: str
    code: OutcomeCode
    variant_of: str | None = None
