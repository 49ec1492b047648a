"""Errors as RFC 9457 problem documents, each with a `detail` that says what to do."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

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
from service.errors import AccessRefused, Conflict, NotFound, TooMany

MEDIA_TYPE = "application/problem+json"
MODES = frozenset({"big", "quick", "deep"})
RETRY_AFTER_S = 5
"""Advice where nobody knows better."""

_log = logging.getLogger(__name__)


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str
    problem: str


class Problem(BaseModel):
    """What went wrong and what to do about it (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Unprocessable Content",
                    "status": 422,
                    "detail": "minutes: Input should be less than or equal to 10.",
                    "errors": [{"field": "minutes", "problem": "Input should be less than or equal to 10"}],
                }
            ]
        }
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: tuple[FieldProblem, ...] | None = Field(
        default=None, description="The fields that are wrong, where it was the input"
    )
    retry_after_s: int | None = Field(
        default=None, description="When to try again, in seconds; also in Retry-After"
    )


_SAID = {
    401: "No token, or a wrong one. Send `Authorization: Bearer …`, or sign in by POST /session.",
    403: "The request names another host, comes from another page, or carries a token in its address.",
    404: "There is none of this name.",
    408: "The request's body did not come in time.",
    409: "Its state does not allow it.",
    413: "The request's body is too large.",
    422: "The input cannot be used; `errors` names the fields.",
    429: "Too many at once; Retry-After says when there is room again.",
    501: "The installation lacks a package that this needs.",
    503: "Prefect or the store does not answer, or the facade is full; Retry-After says when to try again.",
}
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for these statuses and for those that every route may answer."""
    return {
        status: {"model": Problem, "description": _SAID[status]}
        for status in sorted({401, 403, 429, 503, *statuses})
    }


def problem(
    status: int,
    detail: str,
    *,
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
        status = 404 if isinstance(error, NotFound) else 409 if isinstance(error, Conflict) else 422
        return problem(
            status,
            printable(str(error), 500),
            errors=[FieldProblem(field=error.field, problem=printable(error.problem, 500))],
        )
    if isinstance(error, AccessRefused):
        return problem(error.status, str(error))
    if isinstance(error, TooMany):
        return problem(429, str(error), retry_after_s=error.retry_after_s or RETRY_AFTER_S)
    if isinstance(error, StaleAttempt):
        return problem(409, str(error))
    if isinstance(error, (TransientError, StoreFull, ConfigurationError)):
        advice = error.retry_after_s if isinstance(error, TransientError) else None
        return problem(503, str(error), retry_after_s=advice or RETRY_AFTER_S)
    return unexpected(error)


def unexpected(error: BaseException) -> Response:
    """The problem document for an error that nobody foresaw; the log has it, the answer does not."""
    _log.error("An error that nobody foresaw", exc_info=error)
    return problem(500, "Something went wrong in the facade; its log says what. Please report it.")


def register(app: FastAPI, routes: Sequence[APIRoute]) -> None:
    """Have the app answer with problem documents only.

    `routes` are those it has, to tell what would work instead.
    """

    async def ours(_: Request, error: Exception) -> Response:
        return problem_of(error) if isinstance(error, LearningError) else unexpected(error)

    async def invalid(request: Request, error: Exception) -> Response:
        errors = error.errors() if isinstance(error, RequestValidationError) else []
        found = [_field_problem(e) for e in errors]
        is_text = any(e["loc"] == ("body",) and e["type"] != "missing" for e in errors)
        if is_text and "json" not in request.headers.get("content-type", ""):
            return problem(
                422,
                "The body is not sent as JSON. Send it with the header `Content-Type: application/json`.",
                errors=found,
            )
        return problem(422, "; ".join(f"{f.field}: {f.problem}" for f in found[:5]) + ".", errors=found)

    async def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 400:
            return problem(
                422,
                "The body is not JSON in UTF-8.",
                errors=[FieldProblem(field="body", problem="It is not JSON in UTF-8")],
            )
        if status == 404:
            return problem(
                404,
                f"There is nothing at {printable(request.url.path)}. GET /openapi.json lists what there is.",
            )
        if status == 405:
            # the framework names the methods of the first route only
            methods = {
                method
                for route in routes
                if route.path_regex.match(request.url.path)
                for method in route.methods or ()
            }
            allowed = ", ".join(sorted(methods)) or "GET"
            return problem(
                405, f"This method does not work here. What does: {allowed}.", headers={"Allow": allowed}
            )
        return problem(status, str(getattr(error, "detail", "")) or HTTPStatus(status).phrase)

    app.add_exception_handler(LearningError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


def _field_problem(error: Mapping[str, Any]) -> FieldProblem:
    """Without the input itself: it may be anything, a secret included."""
    where = [str(part) for part in error.get("loc", ())]
    named = where[1:] if where[:1] in (["body"], ["query"], ["path"], ["header"]) else where
    if len(named) > 1 and named[0] in MODES:
        named = named[1:]  # which of the kinds of job it was taken for
    return FieldProblem(
        field=printable(".".join(named), 100) or "body",
        problem=printable(str(error.get("msg", "It cannot be used")), 300),
    )
