"""An entry as HTML for notebooks, laid out like a dictionary page; all outside text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

_QUIET = "opacity:.65"
PARTS_SHORT = {"noun": "n.", "verb": "v.", "adjective": "adj.", "adverb": "adv.", "phrase": "phr."}
_SUPPORT = {
    "model_only": "no source found; the model wrote it from its own knowledge",
    "conflict": "its sources disagree",
}


def entry_html(entry: Mapping[str, Any]) -> str:
    """A word's page from the fields of an Entry; only word, definition, part_of_speech, support and
    provenance are required.
    """
    about = " · ".join(filter(None, (PARTS_SHORT[entry["part_of_speech"]], entry.get("category"))))
    parts = [
        (
            f"<p style='margin:0'><b style='font-size:1.35em'>{_text(entry['word'])}</b> <i"
            f" style='{_QUIET}'>{_text(about)}</i></p>"
        ),
        f"<p style='margin:.35em 0'>{_text(entry['definition'])}</p>",
        f"<p>{_text(entry['explanation'])}</p>" if entry.get("explanation") else "",
        _listed("Senses", _senses(entry), kind="ol") if len(entry.get("senses", ())) > 1 else "",
        _listed("", [f"<i>“{_text(example)}”</i>" for example in entry.get("examples", ())]),
        _listed("Uses", map(_text, entry.get("applications", ()))),
        _listed("Often misunderstood", map(_text, entry.get("misconceptions", ()))),
        _line("Related", map(_text, entry.get("related_concepts", ()))),
        _line("Relations", [f"{_text(r.kind)} <b>{_text(r.word)}</b>" for r in entry.get("relations", ())]),
        _line(
            "Sources",
            [
                *map(_source, entry.get("citations", ())),
                *([_SUPPORT[entry["support"]]] if entry["support"] in _SUPPORT else []),
            ],
            "; ",
        ),
        f"<p style='margin:.35em 0;{_QUIET}'>{_origin(entry)}</p>",
    ]
    return f"<div style='max-width:40em;line-height:1.45;text-align:left'>{''.join(parts)}</div>"


def _senses(entry: Mapping[str, Any]) -> list[str]:
    return [
        f"<i style='{_QUIET}'>{PARTS_SHORT[sense.part_of_speech]}</i> {_text(sense.gloss)}"
        for sense in entry["senses"]
    ]


def _source(citation: Any) -> str:  # noqa: ANN401  a Citation
    licence = f"{_text(citation.source)}, {_link(citation.licence_url, citation.licence)}"
    return f"{_link(citation.url, citation.title)} ({licence})"


def _origin(entry: Mapping[str, Any]) -> str:
    made = entry["provenance"]
    return _text(
        f"Learned {made.created_at:%Y-%m-%d %H:%M} UTC by {made.model}, round {made.round} ·"
        f" {entry.get('depth', 'enriched')}"
    )


def _link(url: str, text: str) -> str:
    """A link to a web address; never to a script."""
    if not url.lower().startswith(("https://", "http://")):
        return _text(text)
    return f"<a href='{_text(url)}' rel='noopener noreferrer' target='_blank'>{_text(text)}</a>"


def _listed(label: str, items: Iterable[str], kind: str = "ul") -> str:
    rows = "".join(f"<li>{item}</li>" for item in items)
    head = f"<p style='margin:.35em 0 0;{_QUIET}'>{label}</p>" if label else ""
    return f"{head}<{kind} style='margin:.2em 0'>{rows}</{kind}>" if rows else ""


def _line(label: str, items: Iterable[str], separator: str = ", ") -> str:
    text = separator.join(items)
    return f"<p style='margin:.35em 0'><span style='{_QUIET}'>{label}</span> {text}</p>" if text else ""


def _text(value: object) -> str:
    return escape(str(value))
