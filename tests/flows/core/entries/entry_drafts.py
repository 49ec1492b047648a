"""Drafts of entries, and what is wrong with them."""

from __future__ import annotations

from hypothesis import strategies as st
from rule_values import (
    LATER,
    definition,
    enrichment,
    entry,
    lemmas_of,
    provenance,
    texts,
)

from flows.core.entries import enriched_entry, entry_problems


def problems(**changes):
    invents = changes.pop("invents", True)
    return entry_problems(entry(**changes), lemmas_of=lemmas_of, invents=invents)


def enriched(found=None, *, of=None, previous=None, invents=True):
    return enriched_entry(
        of or definition(),
        found or enrichment(),
        provenance=provenance("other-model"),
        now=LATER,
        lemmas_of=lemmas_of,
        invents=invents,
        previous=previous,
    )


def words(count):
    return tuple(f"concept {chr(ord('a') + n)}" for n in range(count))


concepts = st.lists(
    st.sampled_from(["pet", "Pet", "kitten", "fur", "purr", "cat", "Cat", "it is big", "mouse", "claw"])
    | texts,
    max_size=12,
).map(tuple)
