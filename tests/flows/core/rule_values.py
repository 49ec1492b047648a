"""Small values and strategies for tests of the rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from flows.knowledge import Category, Citation, Definition, Enrichment, Entry, Evidence, Provenance

START = datetime(2030, 1, 1, 12, tzinfo=UTC)
LATER = START + timedelta(minutes=5)

TRICKY = "aAbßİıſKéＡ.-' ’“”´\u1ffd,:;!?()/%_@&\t\n\u00a0\u00ad\u200b\u200c\u200d\u0301\u0345–—・字กมิक0९²Ⅳ½"
texts = st.text(st.sampled_from(TRICKY) | st.characters(), max_size=14)
"""Anything that a person or a model may write, half of it of what is known to be awkward."""
plain_words = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=1, max_size=8)


def provenance(model="test-model"):
    return Provenance(job_id=UUID(int=1), round=1, model=model, prompt_version="1", created_at=START)


def citation(number=1, *, source="wikipedia", revision=None, quote="A quote."):
    return Citation(
        source=source,
        title="Title",
        url=f"https://example.org/{number}",
        revision=revision,
        licence="CC BY-SA 4.0",
        licence_url="https://example.org/licence",
        retrieved_at=START,
        quote=quote,
    )


def evidence(text, number=1, **of_citation):
    return Evidence(source="wikipedia", text=text, citation=citation(number, **of_citation))


def definition(word="Cat", **changes):
    values = {
        "word": word,
        "key": word.casefold(),
        "text": "A small animal that people keep at home.",
        "part_of_speech": "noun",
        "support": "model_only",
        "provenance": provenance(),
    }
    return Definition(**(values | changes))


def enrichment(**changes):
    values = {
        "related_concepts": ("animal", "pet", "kitten"),
        "examples": ("The cat sat on the mat.",),
        "category": "animal",
    }
    return Enrichment(**(values | changes))


def entry(word="Cat", **changes):
    values = {
        "word": word,
        "key": word.casefold(),
        "definition": "A small animal that people keep at home.",
        "related_concepts": ("animal", "pet", "kitten"),
        "examples": (f"Here is the {word}.",),
        "category": Category.ANIMAL,
        "part_of_speech": "noun",
        "support": "model_only",
        "provenance": provenance(),
        "created_at": START,
        "updated_at": START,
    }
    return Entry(**(values | changes))


def no_lemmas(token):
    return ()


def lemmas_of(token):
    """A few base forms, as a lexicon has them."""
    return {
        "cats": ("cat",),
        "took": ("take",),
        "taken": ("take",),
        "found": ("find", "found"),
        "lost": ("lose",),
        "children": ("child",),
    }.get(token, ())
