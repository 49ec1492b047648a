"""MediaWiki's Action API, `action=query` for titles, in the shapes of formatversion=2
(shared/facts/providers.md, 2.2 to 2.4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response

from tests.world.wikimedia import page_parts, titles
from tests.world.wikimedia.pages import NO_TRICKS, Page, Redirect, Site, Tricks

MOST_TITLES = 50
MOST_EXTRACTS = 20
MOST_REDIRECTS = 10
_PROPS = ("extracts", "pageprops", "info", "revisions", "links")
_KNOWN = frozenset(
    "action format formatversion errorformat redirects prop exintro explaintext exlimit exchars exsentences"
    " exsectionformat excontinue ppprop inprop maxlag titles continue rvprop rvslots pllimit plnamespace utf8"
    " curtimestamp origin smaxage maxage uselang".split()
)
_DOCREF = "See https://{host}/w/api.php for API usage."


class ApiError(Exception):
    """An error of the API itself: status 200, told in a header and in the body."""

    def __init__(
        self, code: str, info: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(info)
        self.code, self.info, self.more = code, info, more
        self.headers = dict(headers or {})

    def response(self, host: str, parameters: Mapping[str, str]) -> Response:
        bodies: dict[str, Any]
        if parameters.get("errorformat", "bc") == "bc":
            bodies = {
                "error": {
                    "code": self.code,
                    "info": self.info,
                    **self.more,
                    "docref": _DOCREF.format(host=host),
                }
            }
        else:
            bodies = {
                "errors": [{"code": self.code, "text": self.info, "module": "main"}],
                "docref": _DOCREF.format(host=host),
            }
        return JSONResponse(
            bodies | {"servedby": "mw-api-ext.world-1"},
            headers={"MediaWiki-API-Error": self.code, **self.headers},
        )


def maxlag(limit: str | None, lag_s: float) -> ApiError:
    wait = max(int(limit or 5), 5)
    return ApiError(
        "maxlag",
        f"Waiting for 10.64.0.1: {lag_s:g} seconds lagged.",
        host="10.64.0.1",
        lag=lag_s,
        type="db",
        headers={"Retry-After": str(wait), "X-Database-Lag": str(int(lag_s))},
    )


@dataclass
class Answer:
    """A query's parts as they come together."""

    normalized: dict[str, str] = field(default_factory=dict)
    interwiki: list[dict[str, str]] = field(default_factory=list)
    redirects: list[dict[str, str]] = field(default_factory=list)
    bad: dict[str, dict[str, Any]] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    hollow: dict[str, tuple[Redirect, int]] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)


def query(site: Site, parameters: Mapping[str, str], tricks: Tricks = NO_TRICKS) -> dict[str, Any]:
    """The answer to one request. Raises ApiError."""
    if parameters.get("action") != "query":
        raise ApiError(
            "badvalue", f'Unrecognized value for parameter "action": {parameters.get("action", "")}.'
        )
    if parameters.get("format") != "json":
        raise ApiError("badvalue", "This world speaks JSON alone: give format=json.")
    given = asked_titles(parameters)
    if len(given) > MOST_TITLES:
        text = f'Too many values supplied for parameter "titles". The limit is {MOST_TITLES}.'
        raise ApiError(
            "toomanyvalues", text, parameter="titles", limit=MOST_TITLES, lowlimit=MOST_TITLES, highlimit=500
        )
    answer = Answer()
    _resolve(site, given, answer, tricks, follows="redirects" in parameters)
    props = [prop for prop in parameters.get("prop", "").split("|") if prop]
    for unknown in sorted(set(props) - set(_PROPS)):
        answer.warnings["query"] = f'Unrecognized value for parameter "prop": {unknown}.'
    strangers = sorted(set(parameters) - _KNOWN)
    if strangers:
        answer.warnings["main"] = (
            f"Unrecognized parameter{'s' if len(strangers) > 1 else ''}: {', '.join(strangers)}."
        )
    return _written(site, parameters, answer, [prop for prop in _PROPS if prop in props])


def asked_titles(parameters: Mapping[str, str]) -> list[str]:
    text = parameters.get("titles", "")
    parts = text[1:].split("\x1f") if text.startswith("\x1f") else text.split("|")
    return list(dict.fromkeys(parts)) if text else []


def as_version_1(body: dict[str, Any]) -> dict[str, Any]:
    """The same in the old format, which is the API's default: pages by id, flags as empty strings."""
    found = body.get("query")
    if found and "pages" in found:
        absent = iter(range(-1, -1000, -1))
        pages = {
            str(page.get("pageid") or next(absent)): {
                k: "" if v is True else v for k, v in page.items() if v is not False
            }
            for page in found["pages"]
        }
        body = {**body, "query": {**found, "pages": pages}}
    if body.get("batchcomplete") is True:
        body = {**body, "batchcomplete": ""}
    return body


def _resolve(site: Site, given: Sequence[str], answer: Answer, tricks: Tricks, *, follows: bool) -> None:
    pending: list[str] = []
    spaces: dict[str, int] = {}
    for text in given:
        read = titles.read(text, capitalises=site.capitalises)
        if read.problem is not None:
            answer.bad[text] = {"title": text, "invalidreason": read.problem, "invalid": True}
        elif read.interwiki is not None:
            answer.interwiki.append({"title": read.text, "iw": read.interwiki})
        else:
            if read.text != text:
                answer.normalized[text] = read.text
            spaces[read.text] = read.namespace
            pending.append(read.text)
    seen: set[str] = set()
    for _ in range(MOST_REDIRECTS):
        pending = [title for title in dict.fromkeys(pending) if title not in seen]
        if not pending:
            return
        seen.update(pending)
        found = site.find([title for title in pending if spaces.get(title, 0) == 0], tricks)
        following: list[str] = []
        for title in pending:
            match found.get(title):
                case None:
                    answer.missing[title] = spaces.get(title, 0)
                case Page() as page:
                    answer.pages[title] = page
                case Redirect() as redirect if follows:
                    more = {"tofragment": redirect.fragment} if redirect.fragment else {}
                    answer.redirects.append({"from": title, "to": redirect.to, **more})
                    following.append(redirect.to)
                case Redirect() as redirect:
                    answer.hollow[title] = redirect, 5_000_000 + len(title)
        pending = following


def _written(
    site: Site, parameters: Mapping[str, str], answer: Answer, props: Sequence[str]
) -> dict[str, Any]:
    done = set(parameters.get("continue", "").partition("||")[2].split("|"))
    props = [prop for prop in props if prop not in done]
    bodies: dict[str, dict[str, Any]] = {}
    for title, namespace in answer.missing.items():
        bodies[title] = {
            "ns": namespace,
            "title": title,
            "missing": True,
            **(page_parts.location(site, title, parameters) if "info" in props else {}),
        }
    ordered = sorted(answer.pages.items(), key=lambda item: item[1].page_id)
    for title, page in ordered:
        bodies[title] = {"pageid": page.page_id, "ns": 0, "title": title}
    more: dict[str, Any] = {}
    if "extracts" in props:
        more = _extracts(ordered, bodies, parameters, answer)
    for title, page in ordered:
        if "pageprops" in props and (properties := page_parts.page_props(page, parameters)):
            bodies[title]["pageprops"] = properties
        if "info" in props:
            bodies[title] |= page_parts.info(site, title, page, parameters)
        if "revisions" in props:
            bodies[title]["revisions"] = [_revision(page, parameters, answer)]
        if "links" in props and page.links:
            bodies[title]["links"] = [{"ns": 0, "title": link} for link in sorted(page.links)]
    for title, (redirect, page_id) in answer.hollow.items():
        bodies[title] = {"pageid": page_id, "ns": 0, "title": title} | (
            {"redirect": True} if "info" in props else {}
        )
        if "revisions" in props:
            bodies[title]["revisions"] = [
                _revision(Page(title, page_id, wikitext=f"#REDIRECT [[{redirect.to}]]"), parameters, answer)
            ]
    found: dict[str, Any] = {}
    if answer.normalized:
        found["normalized"] = [
            {"fromencoded": False, "from": start, "to": to} for start, to in answer.normalized.items()
        ]
    if answer.interwiki:
        found["interwiki"] = answer.interwiki
    if answer.redirects:
        found["redirects"] = answer.redirects
    pages = [
        *(body for body in bodies.values() if "missing" in body),
        *answer.bad.values(),
        *(body for body in bodies.values() if "missing" not in body),
    ]
    if pages:
        found["pages"] = pages
    body: dict[str, Any] = (
        {"continue": {**more, "continue": "||" + "|".join(prop for prop in props if prop != "extracts")}}
        if more
        else {"batchcomplete": True}
    )
    if answer.warnings:
        body["warnings"] = {module: {"warnings": text} for module, text in answer.warnings.items()}
    return body | ({"query": found} if found else {})


def _extracts(
    ordered: Sequence[tuple[str, Page]],
    bodies: dict[str, dict[str, Any]],
    parameters: Mapping[str, str],
    answer: Answer,
) -> dict[str, int]:
    """Puts the extracts of one step into the bodies, and tells where the next step begins."""
    if "exchars" in parameters and "exsentences" in parameters:
        raise ApiError(
            "invalidparammix", 'The parameters "exchars" and "exsentences" can not be used together.'
        )
    given = parameters.get("exlimit", "20")
    limit = MOST_EXTRACTS if given == "max" else int(given)
    if limit > MOST_EXTRACTS:
        answer.warnings["extracts"] = (
            f'The value "{limit}" for parameter "exlimit" must be between 1 and {MOST_EXTRACTS}.'
        )
        limit = MOST_EXTRACTS
    if "exintro" not in parameters and limit > 1:
        answer.warnings["extracts"] = (
            '"exlimit" was too large for a whole article extracts request, lowered to 1.'
        )
        limit = 1
    start = int(parameters.get("excontinue", 0))
    for title, page in ordered[start : start + limit]:
        bodies[title]["extract"] = page_parts.extract(page, parameters)
    return {"excontinue": start + limit} if start + limit < len(ordered) else {}


def _revision(page: Page, parameters: Mapping[str, str], answer: Answer) -> dict[str, Any]:
    wanted = parameters.get("rvprop", "ids|flags|timestamp|comment|user").split("|")
    revision: dict[str, Any] = {}
    if "ids" in wanted:
        revision |= {"revid": page.revision, "parentid": page.revision - 7}
    if "timestamp" in wanted:
        revision["timestamp"] = "2026-11-01T12:00:00Z"
    if "content" in wanted:
        if "main" in parameters.get("rvslots", "").split("|") or parameters.get("rvslots") == "*":
            revision["slots"] = {
                "main": {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": page.wikitext}
            }
        else:
            answer.warnings["revisions"] = (
                'Because "rvslots" was not specified, a legacy format has been used for the output. This'
                " format is deprecated, and in the future the new format will always be used."
            )
            revision |= {"contentformat": "text/x-wiki", "contentmodel": "wikitext", "content": page.wikitext}
    return revision
