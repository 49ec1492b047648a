"""Types of single values, and the base of all request bodies."""

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

from flows.core.words import parse_word
from flows.errors import InvalidInput


def _a_word(text: str) -> str:
    try:
        return parse_word(text).text
    except InvalidInput as error:
        raise ValueError(f"{error.problem}. {error.remedy}".rstrip(".")) from None


def _plain(text: str) -> str:
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ValueError("It holds control characters")
    return text


GivenWord = Annotated[
    str,
    AfterValidator(_a_word),
    WithJsonSchema(
        {"type": "string", "format": "word", "minLength": 1, "maxLength": 60, "examples": ["photosynthesis"]}
    ),
]
Topic = Annotated[
    str,
    Field(max_length=200, description="Learn words near this one", json_schema_extra={"format": "topic"}),
    AfterValidator(_plain),
]


def _iso(value: object) -> object:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d[Tt ]", value):
        raise ValueError("It is not a moment such as 2030-01-31T12:00:00Z")
    return value


def _number(value: object) -> object:
    if isinstance(value, (bool, str)):
        raise ValueError("It is not a number")  # noqa: TRY004  pydantic takes this one
    return value


IsNumber = BeforeValidator(_number)
Moment = Annotated[AwareDatetime, BeforeValidator(_iso)]


class Request(BaseModel):
    """Base of all bodies: what is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
