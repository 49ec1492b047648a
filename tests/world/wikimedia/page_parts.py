"""What the Action API tells of one page: its extract, its properties, its place."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tests.world.wikimedia.pages import Page, Site


def extract(page: Page, parameters: Mapping[str, str]) -> str:
    """A page's beginning, or all of it, as it was asked for."""
    text = page.intro if "exintro" in parameters else page.intro + page.more
    if "exsentences" in parameters:
        text = " ".join(re.split(r"(?<=\.)\s+", text)[: int(parameters["exsentences"])])
    if "exchars" in parameters:
        most = int(parameters["exchars"])
        text = text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + "..."
    if "explaintext" not in parameters:
        text = "\n".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n") if part)
    return text


def page_props(page: Page, parameters: Mapping[str, str]) -> dict[str, str]:
    """What is noted of a page."""
    wanted = parameters.get("ppprop", "disambiguation|wikibase_item").split("|")
    found = ({"disambiguation": ""} if page.is_disambiguation else {}) | {"wikibase_item": page.wikibase_item}
    return {name: value for name, value in found.items() if name in wanted}


def info(site: Site, title: str, page: Page, parameters: Mapping[str, str]) -> dict[str, Any]:
    """A page's age and size, and where it is."""
    located = location(site, title, parameters)
    own = {
        "touched": "2026-11-20T08:00:00Z",
        "lastrevid": page.revision,
        "length": len(page.wikitext or page.intro + page.more) + 900,
    }
    heads = {
        name: located.pop(name)
        for name in ("contentmodel", "pagelanguage", "pagelanguagehtmlcode", "pagelanguagedir")
    }
    return heads | own | located


def location(site: Site, title: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Where a page is, or would be."""
    info: dict[str, Any] = {
        "contentmodel": "wikitext",
        "pagelanguage": "en",
        "pagelanguagehtmlcode": "en",
        "pagelanguagedir": "ltr",
    }
    if "url" in parameters.get("inprop", "").split("|"):
        path = quote(title.replace(" ", "_"), safe="/:(),'!*")
        info["fullurl"] = f"https://{site.host}/wiki/{path}"
        info["editurl"] = f"https://{site.host}/w/index.php?title={path}&action=edit"
        info["canonicalurl"] = info["fullurl"]
    return info
