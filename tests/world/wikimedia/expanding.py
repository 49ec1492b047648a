"""MediaWiki's Action API, `action=expandtemplates`: the templates that this world's wikis have
(mediawiki.org/wiki/API:Expandtemplates).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mwparserfromhell
from mwparserfromhell.nodes import Template

from tests.world.wikimedia import action_api
from tests.world.wikimedia.action_api import ApiError
from tests.world.wikimedia.pages import NO_TRICKS, Site, Tricks

Arguments = Mapping[str, str]
_DEEPEST = 40

TEMPLATES: Mapping[str, Callable[[Arguments, str], str]] = {
    # a term in a template of its own, of which no reader's list knows
    "trade term": lambda given, _: (
        f'<span class="trade-term">[[{given.get("1", "")}|{given.get("2") or given.get("1", "")}]]</span>'
    ),
    "needs sources": lambda _, title: f"[[Category:Terms that need sources|{title}]]",
    "own name": lambda _, title: f"''{title}''",
    "lua failure": lambda *_: (
        '<strong class="error"><span class="scribunto-error" id="mw-scribunto-error-1">Lua error in'
        " Module:nothing at line 7: attempt to index a nil value.</span></strong>"
    ),
    "PAGENAME": lambda _, title: title,
}


def answer(site: Site, parameters: Mapping[str, str], tricks: Tricks = NO_TRICKS) -> dict[str, Any]:
    """The answer to one request of either action. Raises ApiError."""
    if parameters.get("action") == "expandtemplates":
        return expand(parameters)
    return action_api.query(site, parameters, tricks)


def expand(parameters: Mapping[str, str]) -> dict[str, Any]:
    """The answer to action=expandtemplates. Raises ApiError."""
    if "text" not in parameters:
        raise ApiError("missingparam", 'The "text" parameter must be set.')
    text = _expanded(parameters["text"], parameters.get("title", "API"))
    if "wikitext" in parameters.get("prop", "").split("|"):
        return {"expandtemplates": {"wikitext": text}}
    return {
        "warnings": {
            "expandtemplates": {
                "warnings": (
                    'Because no values have been specified for the "prop" parameter, a legacy format has'
                    " been used for the output."
                )
            }
        },
        "expandtemplates": {"*": text},
    }


def _expanded(text: str, title: str, depth: int = 0) -> str:
    code = mwparserfromhell.parse(text)
    written = []
    for node in code.nodes:
        if not isinstance(node, Template):
            written.append(str(node))
            continue
        name = " ".join(str(node.name).replace("_", " ").split())
        if depth > _DEEPEST:
            written.append('<span class="error">Template loop detected</span>')
        elif name not in TEMPLATES:
            written.append(f"[[:Template:{name}]]")
        else:
            given = {str(p.name).strip(): _expanded(str(p.value), title, depth + 1) for p in node.params}
            written.append(TEMPLATES[name](given, title))
    return "".join(written)
