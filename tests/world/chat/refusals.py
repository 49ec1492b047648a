"""Groq's error answers, word for word where they were recorded (shared/facts/providers.md, 1.4)."""

from __future__ import annotations

import math
from typing import Any

from starlette.responses import JSONResponse

from tests.world.chat.limits import NAMES, Limiter, Refusal, go_duration
from tests.world.chat.schemas import Problem
from tests.world.faults import Fault

ORGANIZATION = "org_01world0000000000000000000"
UPGRADE = "Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing"
OUT_OF_TOKENS = "max completion tokens reached before generating a valid document"


class Refused(Exception):
    """The request ends with this error answer."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.error: dict[str, Any] = {
            "message": message,
            "type": kind,
            **{name: value for name, value in more.items() if value is not None},
        }

    @property
    def code(self) -> str | None:
        return self.error.get("code")

    def response(self, headers: dict[str, str]) -> JSONResponse:
        return JSONResponse({"error": self.error}, self.status, headers={**headers, **self.headers})


def bad_key() -> Refused:
    return Refused(401, "Invalid API Key", code="invalid_api_key")


def unknown_model(model: str) -> Refused:
    return Refused(
        404, f"The model `{model}` does not exist or you do not have access to it.", code="model_not_found"
    )


def unknown_url(method: str, path: str) -> Refused:
    message = (
        f"Unknown request URL: {method} {path}. Please check the URL for typos, or see the docs at"
        " https://console.groq.com/docs/"
    )
    return Refused(404, message, code="unknown_url")


def bad_request(message: str, *, param: str | None = None, code: str | None = None) -> Refused:
    return Refused(400, message, param=param, code=code)


def bad_schema(name: str, problem: Problem) -> Refused:
    segments = [part for part in problem.path.split("/") if part]
    return Refused(
        400,
        f"invalid JSON schema for response_format: '{name}':"
        f" {problem.path}{': ' if problem.path else ''}{problem.text}",
        param="response_format",
        schema_path=problem.path or None,
        schema_path_segments=segments or None,
        schema_kind="response_format",
        schema_code=problem.code,
    )


def bad_json(
    failed_generation: str,
    message: str = (
        "Failed to validate JSON. Please adjust your prompt. See 'failed_generation' for more details."
    ),
) -> Refused:
    return Refused(400, message, code="json_validate_failed", failed_generation=failed_generation)


def tool_called(failed_generation: str) -> Refused:
    return Refused(
        400,
        "Tool choice is none, but model called a tool",
        code="tool_use_failed",
        failed_generation=failed_generation,
    )


def too_large(model: str, limit: int, requested: int) -> Refused:
    return Refused(
        413,
        f"Request too large for model `{model}` in organization `{ORGANIZATION}` service tier `on_demand` on"
        f" tokens per minute (TPM): Limit {limit}, Requested {requested}, please reduce your message size and"
        f" try again. {UPGRADE}",
        kind="tokens",
        code="rate_limit_exceeded",
    )


def limited(model: str, refusal: Refusal) -> Refused:
    return Refused(
        429,
        f"Rate limit reached for model `{model}` in organization `{ORGANIZATION}` service tier `on_demand` on"
        f" {NAMES[refusal.bound]} ({refusal.bound}): Limit {refusal.limit}, Used {refusal.used}, Requested"
        f" {refusal.requested}. Please try again in {go_duration(refusal.wait_s)}. {UPGRADE}",
        kind="tokens" if refusal.bound in {"TPM", "TPD"} else "requests",
        code="rate_limit_exceeded",
        headers={"retry-after": str(max(1, math.ceil(refusal.wait_s)))},
    )


def ordered(fault: Fault, model: str, requested: int, limiter: Limiter) -> Refused | None:
    """The refusal that a fault orders; None for faults of another sort."""
    match fault.kind:
        case "unauthorized":
            return bad_key()
        case "model_gone":
            return unknown_model(model)
        case "too_large":
            return too_large(model, int(min(limiter.limits.of("TPM"), max(1, requested - 1))), requested)
        case "minute_requests":
            return limited(
                model, limiter.refusal("RPM", 1, wait_s=2.0 if fault.seconds is None else fault.seconds)
            )
        case "minute_tokens":
            return limited(
                model,
                limiter.refusal("TPM", requested, wait_s=2.0 if fault.seconds is None else fault.seconds),
            )
        case "day_requests":
            return limited(
                model, limiter.refusal("RPD", 1, wait_s=3_600.0 if fault.seconds is None else fault.seconds)
            )
        case "day_tokens":
            return limited(
                model,
                limiter.refusal(
                    "TPD", requested, wait_s=6_836.832 if fault.seconds is None else fault.seconds
                ),
            )
        case "flex_full":
            return Refused(498, "`flex` tier capacity exceeded", code="capacity_exceeded")
        case "schema_refused":
            return bad_schema("answer", Problem("/properties/words", "minItems is not supported"))
        case _:
            return outage(fault)


def outage(fault: Fault) -> Refused | None:
    match fault.kind:
        case "server_error":
            return Refused(500, "Internal Server Error", kind="internal_server_error")
        case "bad_gateway":
            return Refused(502, "Bad Gateway", kind="internal_server_error")
        case "unavailable":
            headers = (
                {}
                if fault.seconds == 0
                else {"retry-after": f"{2 if fault.seconds is None else fault.seconds:g}"}
            )
            return Refused(
                503,
                "Service unavailable. Please try again later.",
                kind="service_unavailable",
                headers=headers,
            )
        case _:
            return None
