"""Other names of words, and the changes that `learn mend` makes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Protocol

from flows.knowledge import Alias, Merge, StoredName


class AliasStore(Protocol):
    """Merged spellings and forms, each a key that points to the word that holds what is known.

    To jobs such a key is known: it is never claimed, and never in the frontier. The word's definition and
    entry name their aliases, also when they are written anew. A word that is learned under the key of an
    alias takes the key back.
    """

    async def aliases(self, keys: Collection[str]) -> Mapping[str, Alias]:
        """The aliases among these keys."""
        ...

    def all_aliases(self, *, after: str = "") -> AsyncIterator[Alias]:
        """Every alias after a key, by key, in constant memory."""
        ...

    async def put_aliases(self, aliases: Sequence[Alias]) -> None:
        """Take aliases over unchanged; keys under which a word is known stay as they are."""
        ...


class Mending(Protocol):
    """What is read and written to mend a store, a page and a commit at a time."""

    async def names(self, *, after: str = "", limit: int = 1000) -> tuple[StoredName, ...]:
        """What is stored under each key after a key, by key: learned words, aliases, words only claimed."""
        ...

    async def merge(self, merge: Merge) -> bool:
        """Make several learned words one, in one commit: `kept` replaces what was known under its key, the
        other keys become aliases, as do theirs, and the frontier names the word that stays.

        Returns False and changes nothing if a word is no longer as it was seen or a job holds a live claim on
        one of them; so does the same merge a second time.
        """
        ...

    async def index_graphical(self, keys: Collection[str]) -> None:
        """Give rows that lack it the graphical key by which other spellings find them."""
        ...
