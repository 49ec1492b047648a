"""Signing in from a browser: a cookie that scripts cannot read stands for the token."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.api.deps import Facade, client_of
from service.api.middleware.access import COOKIE
from service.api.problems import answers
from service.errors import AccessRefused, Conflict
from service.schemas import SignIn

router = APIRouter(prefix="/session", tags=["session"])


@router.post("", status_code=204, response_class=Response, responses=answers(408, 409, 413, 422, 429))
async def sign_in(body: SignIn, request: Request, response: Response, facade: Facade) -> None:
    """Get a session for the token. The answer sets a cookie and has no body."""
    facade.sign_ins.check(client_of(request))
    if not facade.access.needs_token:
        raise Conflict("token", "no token is needed here", "Go on without")
    if not facade.access.is_token(body.token.get_secret_value()):
        raise AccessRefused(401, "This is not the token. It is in LEARN_API_TOKEN where the facade runs.")
    value, lifetime_s = facade.access.new_session()
    response.set_cookie(
        COOKIE,
        value,
        max_age=lifetime_s,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


@router.delete("", status_code=204, response_class=Response, responses=answers())
async def sign_out(request: Request, response: Response) -> None:
    """Forget the session in this browser."""
    response.delete_cookie(
        COOKIE, path="/", httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
