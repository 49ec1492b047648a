"""Other names of learned words, and the merge that makes a word one."""

from __future__ import annotations

from pydantic import AwareDatetime

from flows.knowledge.base import Depth, Document, Key
from flows.knowledge.entries import LearnedWord
from flows.knowledge.words import Verdict


class Alias(Document):
    """Another spelling or a form of a learned word: a key of its own that points to the word's key.

    `relation` is what the alias is of the word: an inflection or a spelling variant.
    """

    word: str
    key: Key
    of: Key
    relation: Verdict


class StoredName(Document):
    """What a store holds under a key, without what is known about it.

    `depth` is None unless the word is learned; `of` is the key that an alias points to. `is_claimed` says
    whether a job holds a live claim, `lacks_graphical` whether the row misses the graphical key by which
    other spellings find it.
    """

    word: str
    key: Key
    depth: Depth | None = None
    learned_at: AwareDatetime | None = None
    of: Key | None = None
    is_claimed: bool = False
    lacks_graphical: bool = False


class Merge(Document):
    """A change of learned words into one: `seen` as they were read, `kept` in their place, and an alias for
    each key of `seen` that `kept` does not have. With one word in `seen` and no alias it is a change of that
    word alone.
    """

    seen: tuple[LearnedWord, ...]
    kept: LearnedWord
    aliases: tuple[Alias, ...] = ()
