"""Signing in from a browser: an HttpOnly cookie stands for the token."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.api.deps import Facade, client_of
from service.api.middleware.access import COOKIE
from service.api.middleware.attempts import is_over_tls
from service.api.problems import answers
from service.errors import AccessRefused, Conflict
from service.schemas import SignIn

router = APIRouter(prefix="/session", tags=["session"])


@router.post("", status_code=204, response_class=Response, responses=answers(408, 409, 413, 422, 429))
async def sign_in(body: SignIn, request: Request, response: Response, facade: Facade) -> None:
    """Sign in with the token. The response sets a session cookie and has no body."""
    facade.sign_ins.check(client_of(request))
    if not facade.access.needs_token:
        raise Conflict("token", "is not needed; this server has no token", "Continue without signing in.")
    if not facade.access.is_token(body.token.get_secret_value()):
        facade.attempts.wrong_sign_in(client_of(request))
        raise AccessRefused(401, "Wrong token. It is the value of LEARN_API_TOKEN on the server.")
    value, lifetime_s = facade.access.new_session()
    response.set_cookie(
        COOKIE,
        value,
        max_age=lifetime_s,
        path="/",
        httponly=True,
        samesite="strict",
        secure=is_over_tls(request.url.scheme, request.headers),
    )


@router.delete("", status_code=204, response_class=Response, responses=answers())
async def sign_out(request: Request, response: Response) -> None:
    """Sign out: remove the session cookie."""
    response.delete_cookie(
        COOKIE,
        path="/",
        httponly=True,
        samesite="strict",
        secure=is_over_tls(request.url.scheme, request.headers),
    )
