"""Templates that our reader does not know, expanded by the wiki that has them: many per request, each once.

A template may show the name of its page. All are expanded on one page that does not exist, whose name is put
right afterwards; one that bends the name is given up.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from flows.errors import SourceRefused, TransientError
from flows.sources.wikimedia.action_api import ActionApi

MOST_TEMPLATES = 50
"""Templates expanded per request, and per call."""
MOST_PER_PAGE = 8
LONGEST_TEMPLATE = 500
"""Characters of a template with its arguments; a longer one is a table or a quotation."""
MOST_CHARACTERS = 8000
"""Characters of all templates of a request together."""
MOST_KEPT = 2000
"""Expansions kept in memory; the oldest are forgotten."""
_PAGE = "zzqxpagename"
"""A title that no page and no word has."""
_HAZARDS = re.compile(
    r"<\s*/?\s*(?:!--|(?:nowiki|pre|includeonly|noinclude|onlyinclude"
    r"|ref|math|syntaxhighlight|source|gallery))|-->"
    r"|\{\{\s*(?:subst|safesubst|int|msg|raw)\s*:",
    re.IGNORECASE,
)
"""What could take in the templates that follow in the same request, or does more than show something."""


class Expander:
    """Expands templates of one wiki. What the wiki cannot say now is left out, and asked again next time."""

    def __init__(self, api: ActionApi) -> None:
        self._api = api
        self._kept: dict[str, str | None] = {}
        self._is_refused = False

    async def expand(self, wanted: Mapping[str, Sequence[str]]) -> tuple[dict[str, dict[str, str]], bool]:
        """Expansions by page title and by template as written, for the templates of each page.

        Also says whether that is all; False if asking again may bring more.
        """
        asked = [t for templates in wanted.values() for t in templates[:MOST_PER_PAGE] if _is_safe(t)]
        is_all = await self._ask([t for t in dict.fromkeys(asked) if t not in self._kept])
        return {
            title: {t: shown for t in templates if (shown := self._on_page(t, title)) is not None}
            for title, templates in wanted.items()
        }, is_all

    async def _ask(self, templates: Iterable[str]) -> bool:
        left = list(templates)
        if not left or self._is_refused:
            return True
        lengths = list(accumulate(map(len, left)))
        batch = left[: min(MOST_TEMPLATES, bisect_right(lengths, MOST_CHARACTERS))]
        marks = _marks(batch)
        text = "".join(f"{mark}{template}" for mark, template in zip(marks, [*batch, ""], strict=True))
        try:
            answer = await self._api.expand(text, title=_PAGE)
        except TransientError:
            return False
        except SourceRefused:
            self._is_refused = True
            return True
        self._keep(batch, _pieces(answer, marks))
        return len(batch) == len(left)

    def _keep(self, batch: Sequence[str], pieces: Sequence[str] | None) -> None:
        # an answer that cannot be taken apart says nothing of any of them
        self._kept |= dict(zip(batch, pieces, strict=True)) if pieces is not None else dict.fromkeys(batch)
        for oldest in list(self._kept)[: max(0, len(self._kept) - MOST_KEPT)]:
            del self._kept[oldest]

    def _on_page(self, template: str, title: str) -> str | None:
        shown = self._kept.get(template)
        if shown is None or _PAGE not in shown.casefold():
            return shown
        shown = re.sub(rf"(?<!\w){_PAGE}(?!\w)", lambda _: title, shown)
        return None if _PAGE in shown.casefold() else shown


def _is_safe(template: str) -> bool:
    return len(template) <= LONGEST_TEMPLATE and not _HAZARDS.search(template)


def _marks(batch: Sequence[str]) -> list[str]:
    """Separators before each template and after the last: text that no template can produce."""
    digest = hashlib.sha256("\n".join(batch).encode(errors="replace")).hexdigest()[:16]
    return [f"({digest}.{number})" for number in range(len(batch) + 1)]


def _pieces(answer: str, marks: Sequence[str]) -> list[str] | None:
    """The texts between the separators; None unless each occurs once, in order."""
    pieces: list[str] = []
    for mark in marks:
        before, found, answer = answer.partition(mark)
        if not found or mark in answer:
            return None
        pieces.append(before)
    return None if pieces[0].strip() or answer.strip() else pieces[1:]
