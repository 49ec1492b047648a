"""Wiktionary's labels of a sense, joined as its readers see them (facts:
en.wiktionary.org/wiki/Module:labels/data/qualifiers).
"""

from __future__ import annotations

from collections.abc import Iterable

_GLUE = {
    "_": " ",
    "and": " and ",
    "&": " and ",
    "or": " or ",
    "with": " with ",
    "+": " with ",
    "by": " by ",
    "except": " except ",
    "outside": " outside ",
    "in": " in ",
    ";": "; ",
    ":": ": ",
    ",": ", ",
    "/": "/",
}
"""Labels that join those beside them."""
_LEADING = frozenset(
    {
        "also",
        "chiefly",
        "especially",
        "extremely",
        "frequently",
        "highly",
        "including",
        "mainly",
        "mostly",
        "occasionally",
        "often",
        "originally",
        "particularly",
        "possibly",
        "primarily",
        "rarely",
        "slightly",
        "sometimes",
        "somewhat",
        "strongly",
        "typically",
        "usually",
        "very",
    }
)
"""Labels that only say how far the next one holds."""


def joined_labels(labels: Iterable[str]) -> str:
    """Labels as one text, separated by commas, except for labels that join others or belong to the
    next one.
    """
    words, joint = "", ""
    for label in filter(None, labels):
        if (glue := _GLUE.get(label)) is not None:
            # beside another glue, the one that says something counts
            joint = glue if joint in {"", ", ", " "} or not words else joint
            continue
        words = f"{words}{joint}{label}" if words else label
        joint = " " if label in _LEADING else ", "
    return words
