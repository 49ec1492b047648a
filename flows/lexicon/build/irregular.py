"""Irregular forms that simplemma's dictionary misreads, mostly because they are also words of their own
(build time).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from flows.core.identity.graphics import graphical_key
from flows.core.identity.inflection import comparative_bases, regular_bases
from flows.core.identity.irregular import is_classical_plural, is_irregular

IRREGULAR: tuple[tuple[str, str], ...] = tuple(
    (form, base)
    for form, _, base in (
        pair.partition(":")
        for pair in (
            "bent:bend bit:bite bore:bear born:bear bound:bind broke:break drunk:drink felt:feel gone:go"
            " ground:grind left:leave rose:rise rung:ring shook:shake shot:shoot slew:slay swore:swear"
            " thought:think trod:tread won:win wound:wind worse:bad less:little least:little more:much"
            " most:much further:far eldest:old axes:axis bases:basis calves:calf data:datum halves:half"
            " leaves:leaf lives:life loaves:loaf people:person shelves:shelf thieves:thief wives:wife"
        ).split()
    )
)


UNLISTED = (("bade", "bid"), ("dove", "dive"), ("smelt", "smell"), ("spelt", "spell"))
"""Forms that simplemma lacks, being words of their own. They leave the ranks as they are."""
_PARTS = re.compile("[ -]")


def is_form(form: str, base: str) -> bool:
    """Whether a pair of the dictionary is a form and its word by a rule of English, in every piece of a
    compound; many others are abbreviations ("ext" of "extension"), spellings and relatives ("seventh").
    """
    if "'" in form or graphical_key(form) == graphical_key(base):
        return True
    pieces, others = _PARTS.split(form), _PARTS.split(base)
    if 1 < len(pieces) == len(others):
        return all(one == other or is_form(one, other) for one, other in zip(pieces, others, strict=True))
    joined, solid = ("".join(pieces), "".join(others)) if len(pieces) != len(others) else (form, base)
    return (
        solid in regular_bases(joined) | comparative_bases(joined)
        or _is_adverb(joined, solid)
        or _is_loosely_regular(joined, solid)
        or is_irregular(joined, solid)
    )


def true_forms(
    inflections: Iterable[tuple[str, str]],
    meanings: Mapping[str, AbstractSet[tuple[int, int]]],
    ranks: Mapping[str, int],
) -> Iterator[tuple[str, str]]:
    """The inflections without what is none.

    A headword is a classical plural only of a commoner one, or of one with the same meaning: "bacteria" of
    "bacterium", but "trivia" of no "trivium".
    """
    yield from ((form, base) for form, base in UNLISTED if base in ranks)
    for form, base in inflections:
        is_own_word = (
            form in ranks
            and ranks[form] < ranks[base]
            and meanings[form].isdisjoint(meanings[base])
            and is_classical_plural(form, base)
        )
        if (form, base) in IRREGULAR or (is_form(form, base) and not is_own_word):
            yield form, base


def _is_adverb(form: str, base: str) -> bool:
    return form.endswith("ly") and form.startswith(base.removesuffix("e").removesuffix("y")[:-1])


def _is_loosely_regular(form: str, base: str) -> bool:
    """Whether the ending is simply added, where the spelling rules want more or less: "kayaking",
    "focussed".
    """
    ending = form.removeprefix(base)
    return ending != form and re.fullmatch(f"{base[-1]}?(?:s|ed|ing)", ending) is not None and len(base) > 2
