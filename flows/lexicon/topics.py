"""Whether the lexicon knows words near a topic, before a job is started on it."""

from __future__ import annotations

from flows.core.words import printable, word_key
from flows.errors import UnknownTopic
from flows.lexicon.neighbourhood import neighbourhood, suggestions
from flows.lexicon.reader import Lexicon


def check_topic(topic: str | None) -> None:
    """Raise UnknownTopic, naming topics that are spelled like it, if the lexicon has no word near the topic.

    Opens the lexicon; raises LexiconMissing.
    """
    key = word_key(topic or "")
    if not key:
        return
    with Lexicon() as lexicon:
        if next(neighbourhood(lexicon, key), None) is None:
            raise unknown_topic(lexicon, key)


def unknown_topic(lexicon: Lexicon, key: str) -> UnknownTopic:
    """The error for a topic without words, with the nearest topics that have some."""
    nearest = suggestions(lexicon, key)
    hint = (
        f"Try {' or '.join(f'“{word}”' for word in nearest)}, or leave the topic out."
        if nearest
        else "Use a broader word, or leave the topic out."
    )
    shown = printable(key)
    return UnknownTopic(
        "topic",
        f"WordNet has no words near “{shown}”",
        hint,
        code="unknown_topic",
        params={"topic": shown, "nearest": list(nearest)},
    )
