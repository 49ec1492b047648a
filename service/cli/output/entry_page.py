"""Entries and search results in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flows.knowledge import Citation, Entry, KnownWord, Page, Provenance, Support
from flows.knowledge.html import PARTS_SHORT
from service.cli.output.console import QUIET, READING_WIDTH, clean
from service.schemas import EntryView

_SUPPORT: dict[Support, str] = {
    "supported": "backed by its sources",
    "model_only": "no source found; the model wrote this from its own knowledge",
    "conflict": "its sources disagree",
}


def entry_page(entry: Entry) -> RenderableType:
    """An entry laid out like a dictionary page: word and meaning first, sources last."""
    parts: list[RenderableType] = [
        _headword(entry.word, f"{entry.part_of_speech} · {entry.category}"),
        Text(),
        _indented(entry.definition, style="bold"),
    ]
    if entry.explanation:
        parts += [Text(), _indented(entry.explanation)]
    own_examples = (
        [e for e in entry.examples if not any(e in sense.examples for sense in entry.senses)]
        if len(entry.senses) > 1
        else entry.examples
    )
    parts += _listing("Examples", own_examples, quoted=True)
    if len(entry.senses) > 1:
        parts += [Text(), _label("Senses"), _senses(entry)]
    parts += _listing("Uses", entry.applications)
    parts += _listing("Often misunderstood", entry.misconceptions)
    if entry.related_concepts:
        parts += [Text(), _label("Related"), _indented(", ".join(entry.related_concepts))]
    if entry.relations:
        parts += [Text(), _label("Relations"), _relations(entry)]
    parts += _also(entry.aliases)
    parts += [Text(), _label("Sources"), *_sources(entry.citations, entry.support)]
    revision = f", revision {entry.revision}" if entry.revision > 1 else ""
    parts += [Text(), *_origin(entry.provenance, f"{entry.depth}{revision}")]
    return Group(*parts)


def definition_page(known: KnownWord) -> RenderableType:
    """The page of a word that has a definition but no entry yet."""
    definition = known.definition
    return Group(
        _headword(definition.word, definition.part_of_speech),
        Text(),
        _indented(definition.text, style="bold"),
        *_also(definition.aliases),
        Text(),
        _label("Sources"),
        *_sources(definition.citations, definition.support),
        Text(),
        *_origin(definition.provenance, "defined only; a deep job adds examples and relations"),
    )


def results_table(page: Page[EntryView], width: int) -> RenderableType:
    """A table of entries, one per line, cut to the terminal's width."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style=QUIET, width=min(width, 120))
    table.add_column("word", no_wrap=True, overflow="ellipsis", max_width=max(12, width // 4), style="bold")
    if width >= 60:
        table.add_column("", no_wrap=True, style=QUIET)
    if width >= 76:
        table.add_column("category", no_wrap=True, style=QUIET)
    table.add_column("definition", no_wrap=True, overflow="ellipsis", ratio=1)
    for entry in page.items:
        cells = [clean(entry.word), clean(entry.definition)]
        if width >= 76:
            cells.insert(1, entry.category or entry.depth)
        if width >= 60:
            cells.insert(1, PARTS_SHORT[entry.part_of_speech])
        table.add_row(*(Text(cell) for cell in cells))
    return table


def result_line(entry: EntryView) -> str:
    """One entry as tab-separated fields, for pipes."""
    return "\t".join(
        clean(field).replace("\t", " ")
        for field in (entry.word, entry.part_of_speech, entry.category or entry.depth, entry.definition)
    )


def _headword(word: str, about: str) -> Text:
    return Text.assemble((clean(word), "bold cyan"), "  ", (about, QUIET))


def _label(text: str) -> Text:
    return Text(text, style=QUIET)


def _indented(text: str, style: str = "") -> RenderableType:
    return Padding(Text(clean(text), style=style), (0, 0, 0, 2))


def _listing(label: str, items: Sequence[str], *, quoted: bool = False) -> list[RenderableType]:
    if not items:
        return []
    rows = Table.grid(padding=(0, 1, 0, 0))
    for item in items:
        rows.add_row(
            Text("·", style=QUIET),
            Text(f"“{clean(item)}”" if quoted else clean(item), style="italic" if quoted else ""),
        )
    return [Text(), _label(label), Padding(rows, (0, 0, 0, 2))]


def _also(aliases: Sequence[str]) -> list[RenderableType]:
    return [Text(), _label("Also"), _indented(", ".join(aliases))] if aliases else []


def _senses(entry: Entry) -> RenderableType:
    rows = Table.grid(padding=(0, 1, 0, 0))
    rows.add_column(justify="right", style=QUIET)
    rows.add_column(style=QUIET)
    for number, sense in enumerate(entry.senses, 1):
        body = Text(clean(sense.gloss))
        if sense.category and sense.category != entry.category:
            body.append(f"  {sense.category}", style=QUIET)
        for example in sense.examples:
            body.append(f"\n“{clean(example)}”", style="italic")
        rows.add_row(f"{number}", PARTS_SHORT[sense.part_of_speech], body)
    return Padding(rows, (0, 0, 0, 2))


def _relations(entry: Entry) -> RenderableType:
    by_kind: dict[str, list[str]] = {}
    for relation in entry.relations:
        by_kind.setdefault(relation.kind, []).append(relation.word)
    rows = Table.grid(padding=(0, 2, 0, 0))
    for kind, words in by_kind.items():
        rows.add_row(Text(clean(kind), style=QUIET, no_wrap=True), Text(clean(", ".join(words))))
    return Padding(rows, (0, 0, 0, 2))


def _sources(citations: Iterable[Citation], support: Support) -> list[RenderableType]:
    rows: list[RenderableType] = []
    for citation in citations:
        revision = f", revision {citation.revision}" if citation.revision else ""
        rows.append(
            _indented(f"{citation.source}: {citation.title}{revision}, {citation.retrieved_at:%Y-%m-%d}")
        )
        rows.append(Padding(Text(clean(citation.url), style=QUIET, overflow="fold"), (0, 0, 0, 4)))
        rows.append(
            Padding(
                Text(clean(f"{citation.licence}  {citation.licence_url}"), style=QUIET, overflow="fold"),
                (0, 0, 0, 4),
            )
        )
    if not rows or support != "supported":
        rows.append(Padding(Text(_SUPPORT[support], style="yellow"), (0, 0, 0, 2)))
    return rows


def _origin(provenance: Provenance, depth: str) -> list[RenderableType]:
    when = f"{provenance.created_at.astimezone():%Y-%m-%d %H:%M}"
    return [
        Text(clean(f"Learned {when} by {provenance.model}, round {provenance.round} · {depth}"), style=QUIET),
        Text(f"Job {provenance.job_id}", style=QUIET),
    ]


def reading_width(width: int) -> int:
    """The width of a page; longer lines are hard to read."""
    return min(width, READING_WIDTH)
