"""Types of single values, and the base class of request bodies."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from flows.boundary.text import clean_text
from flows.core.words import parse_word
from flows.errors import InvalidInput
from flows.knowledge import limits


def _a_word(text: str) -> str:
    try:
        return parse_word(text).text
    except InvalidInput as error:
        raise as_custom(error) from None


def as_custom(error: InvalidInput) -> PydanticCustomError:
    """Turn one of our errors into a pydantic error that keeps its code, parameters and remedy."""
    about = {**error.params, "problem": error.problem, "remedy": error.remedy}
    return PydanticCustomError(error.code, "{problem}", about)


def _plain(text: str) -> str:
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise PydanticCustomError("control_characters", "must not contain control characters")
    return clean_text(text)


GivenWord = Annotated[
    str,
    AfterValidator(_a_word),
    WithJsonSchema(
        {
            "type": "string",
            "format": "word",
            "minLength": 1,
            "maxLength": limits.MAX_WORD_LENGTH,
            "examples": ["photosynthesis"],
        }
    ),
]
GivenTopic = Annotated[
    limits.TopicText,
    Field(description="Learn words related to this one", json_schema_extra={"format": "topic"}),
    AfterValidator(_plain),
]


def _iso(value: object) -> object:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d[Tt ]", value):
        raise PydanticCustomError("not_a_moment", "must be a time such as 2030-01-31T12:00:00Z")
    return value


def _number(value: object) -> object:
    if isinstance(value, (bool, str)):
        raise PydanticCustomError("not_a_number", "must be a number")
    return value


IsNumber = BeforeValidator(_number)
Moment = Annotated[AwareDatetime, BeforeValidator(_iso)]


class Request(BaseModel):
    """Base class of request bodies; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
