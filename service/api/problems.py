"""Errors as RFC 9457 problem documents. Each `detail` says what to do."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from flows.core.words import printable
from flows.errors import (
    ConfigurationError,
    InvalidInput,
    LearningError,
    StaleAttempt,
    StoreFull,
    TransientError,
)
from flows.knowledge import MODES
from service.errors import AccessRefused, Conflict, NotFound, TooMany
from service.wording import invalid_input

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
"""The default advice."""

_log = logging.getLogger(__name__)


ProblemCode = Literal[
    "invalid_input",
    "not_found",
    "method_not_allowed",
    "conflict",
    "access_refused",
    "too_many",
    "unavailable",
    "stale_attempt",
    "store_full",
    "configuration",
    "fault",
]


class FieldProblem(BaseModel):
    """A problem with one field."""

    field: str
    problem: str = Field(description="For people; a phrase that follows the field's name")
    code: str = Field(
        default="invalid",
        description="For programs: a pydantic error type such as `less_than_equal`, or a code of this API",
    )
    params: dict[str, Any] = Field(
        default_factory=dict, description="Parameters of the code, such as `le` or `word`"
    )
    remedy: str | None = Field(default=None, description="What to send instead, as a sentence")

    @classmethod
    def of(cls, error: InvalidInput) -> FieldProblem:
        """Build one from an InvalidInput."""
        return cls(
            field=error.field,
            problem=printable(error.problem, 500),
            code=error.code,
            params={
                name: printable(value, 200) if isinstance(value, str) else value
                for name, value in error.params.items()
            },
            remedy=error.remedy or None,
        )


class Problem(BaseModel):
    """What went wrong and what to do about it (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Unprocessable Content",
                    "status": 422,
                    "detail": "minutes: must be at most 10.",
                    "errors": [
                        {
                            "field": "minutes",
                            "problem": "must be at most 10",
                            "code": "less_than_equal",
                            "params": {"le": 10},
                        }
                    ],
                }
            ]
        }
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: ProblemCode | None = Field(default=None, description="The kind of error, for programs")
    errors: tuple[FieldProblem, ...] | None = Field(
        default=None, description="The invalid fields, if the input was the problem"
    )
    retry_after_s: int | None = Field(
        default=None, description="Seconds to wait before trying again; also sent as Retry-After"
    )


_SAID = {
    401: "Missing or wrong token. Send `Authorization: Bearer <token>`, or sign in with POST /session.",
    403: "Refused: unknown host name, cross-origin request, or a token in the URL.",
    404: "Not found.",
    408: "The request body did not arrive in time.",
    409: "The current state does not allow this.",
    413: "The request body is too large.",
    422: "Invalid input; `errors` lists the fields.",
    429: "Too many requests; Retry-After says how long to wait.",
    501: "The server lacks an optional package that this needs.",
    500: "The server is misconfigured or failed unexpectedly; see `detail` and the server's log.",
    503: "Prefect or the store is unavailable, or the server is busy; Retry-After says how long to wait.",
    507: "The store is full.",
}
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}


_INPUT_ERRORS: tuple[tuple[type[InvalidInput], int, ProblemCode], ...] = (
    (NotFound, 404, "not_found"),
    (Conflict, 409, "conflict"),
    (InvalidInput, 422, "invalid_input"),
)


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for these statuses and for those that every route can return."""
    return {
        status: {"model": Problem, "description": _SAID[status]}
        for status in sorted({401, 403, 429, 500, 503, *statuses})
    }


def problem(
    status: int,
    detail: str,
    *,
    code: ProblemCode | None = None,
    errors: Sequence[FieldProblem] = (),
    retry_after_s: float | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document as a response."""
    seconds = None if retry_after_s is None else max(1, math.ceil(retry_after_s))
    document = Problem(
        title=_TITLES.get(status) or HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        errors=tuple(errors) or None,
        retry_after_s=seconds,
    )
    sent = dict(headers or {})
    if seconds is not None:
        sent["Retry-After"] = str(seconds)
    if status == 401:
        sent["WWW-Authenticate"] = 'Bearer realm="learn"'
    return JSONResponse(
        document.model_dump(exclude_none=True), status_code=status, media_type=MEDIA_TYPE, headers=sent
    )


def problem_of(error: LearningError) -> Response:
    """The problem document for one of our errors."""
    if isinstance(error, InvalidInput):
        _, status, code = next(row for row in _INPUT_ERRORS if isinstance(error, row[0]))
        return problem(
            status,
            printable(str(error), 500),
            code=code,
            errors=[FieldProblem.of(error)],
        )
    if isinstance(error, AccessRefused):
        return problem(error.status, str(error), code="access_refused")
    if isinstance(error, TooMany):
        return problem(429, str(error), code="too_many", retry_after_s=error.retry_after_s or RETRY_AFTER_S)
    if isinstance(error, StaleAttempt):
        return problem(409, str(error), code="stale_attempt")
    if isinstance(error, TransientError):
        return problem(
            503, str(error), code="unavailable", retry_after_s=error.retry_after_s or RETRY_AFTER_S
        )
    if isinstance(error, StoreFull):
        return problem(507, str(error), code="store_full")
    if isinstance(error, ConfigurationError):
        return problem(500, str(error), code="configuration")
    return unexpected(error)


def unexpected(error: BaseException) -> Response:
    """The problem document for any other error. Details go to the log, not to the client."""
    _log.error("Unhandled exception", exc_info=error)
    return problem(
        500, "Internal server error. The server's log has the details; please report it.", code="fault"
    )


def register(app: FastAPI, routes: Sequence[APIRoute]) -> None:
    """Make the app answer every error with a problem document.

    `routes` are the app's routes, used to list the allowed methods.
    """

    async def ours(_: Request, error: Exception) -> Response:
        return problem_of(error) if isinstance(error, LearningError) else unexpected(error)

    async def invalid(request: Request, error: Exception) -> Response:
        errors = error.errors() if isinstance(error, RequestValidationError) else []
        found = [FieldProblem.of(invalid_input(e, _field(e))) for e in errors]
        is_text = any(e["loc"] == ("body",) and e["type"] != "missing" for e in errors)
        if is_text and "json" not in request.headers.get("content-type", ""):
            return problem(
                422,
                "The request body must be JSON. Send it with `Content-Type: application/json`.",
                code="invalid_input",
                errors=found,
            )
        told = [f"{f.field}: {f.problem}." + (f" {f.remedy}" if f.remedy else "") for f in found[:5]]
        return problem(422, " ".join(told), code="invalid_input", errors=found)

    async def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 400:
            return problem(
                422,
                "The request body must be JSON in UTF-8.",
                code="invalid_input",
                errors=[FieldProblem(field="body", problem="must be JSON in UTF-8", code="json_invalid")],
            )
        if status == 404:
            return problem(
                404,
                f"No such path: {printable(request.url.path)}. GET /openapi.json lists all paths.",
                code="not_found",
            )
        if status == 405:
            # Starlette names only the methods of the first matching route
            methods = {
                method
                for route in routes
                if route.path_regex.match(request.url.path)
                for method in route.methods or ()
            }
            allowed = ", ".join(sorted(methods)) or "GET"
            return problem(
                405,
                f"Method not allowed. Allowed: {allowed}.",
                code="method_not_allowed",
                headers={"Allow": allowed},
            )
        return problem(status, str(getattr(error, "detail", "")) or HTTPStatus(status).phrase)

    app.add_exception_handler(LearningError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


def _field(error: Mapping[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return "body"  # it names a position in the body
    where = [str(part) for part in error.get("loc", ())]
    named = where[1:] if where[:1] in (["body"], ["query"], ["path"], ["header"]) else where
    if len(named) > 1 and named[0] in MODES:
        named = named[1:]  # the kind of job that pydantic tried
    if str(error["type"]).startswith("union_tag"):
        named.append(str(error["ctx"]["discriminator"]).strip("'"))
    return printable(".".join(named), 100) or "body"
