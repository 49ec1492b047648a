"""The document of a known word, and what claims depend on in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from flows.knowledge import Alias, Definition, KnownWord
from flows.stores.firestore.driver.database import Snapshot
from flows.stores.firestore.driver.writes import ANY, Version, Write
from flows.stores.firestore.fencing import word_path
from flows.stores.rules import depth_of, is_known, rank, stored_graphical_key, with_aliases

STATE_FIELDS = (
    "key",
    "word",
    "depth",
    "learned_at",
    "claimed_by",
    "claim_attempt",
    "claim_token",
    "claimed_until",
    "aliases",
    "alias_of",
)
_CLAIM_FIELDS = ("claimed_by", "claim_attempt", "claim_token", "claimed_until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A job's claim on a word.

    `token` identifies the call that claimed it: a retried commit recognises its own work by it.
    """

    job_id: str
    attempt: int
    token: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WordState:
    """A word's depth and claim.

    `rank` is 0 for a word that is not known, `version` None if there is no document. `alias_of` is the key
    that an alias points to, `aliases` what points to this word.
    """

    key: str
    word: str = ""
    rank: int = 0
    learned_at: datetime | None = None
    claim: Claim | None = None
    aliases: tuple[str, ...] = ()
    alias_of: str | None = None
    version: Version = None

    @classmethod
    def read(cls, snapshot: Snapshot) -> Self:
        """The state in a document."""
        fields = snapshot.fields
        claim = None
        if fields.get("claimed_by"):
            claim = Claim(
                **{
                    name: fields[field]
                    for name, field in zip(
                        ("job_id", "attempt", "token", "until"), _CLAIM_FIELDS, strict=True
                    )
                }
            )
        return cls(
            key=fields["key"],
            word=fields["word"],
            rank=rank(fields.get("depth")),
            learned_at=fields.get("learned_at"),
            claim=claim,
            aliases=tuple(fields.get("aliases", ())),
            alias_of=fields.get("alias_of"),
            version=snapshot.version,
        )

    @property
    def is_taken(self) -> bool:
        """Whether the word is known, itself or under another spelling."""
        return self.rank > 0 or self.alias_of is not None

    # `below` is a depth or None
    def verdict(self, job_id: UUID, now: datetime, *, below: Any = None) -> str:  # noqa: ANN401
        """What a claim by the job finds: new, own, known or elsewhere."""
        if self.alias_of is not None or is_known(self.rank, below):
            return "known"
        if self.claim is None or self.claim.until <= now:
            return "new"
        return "own" if self.claim.job_id == str(job_id) else "elsewhere"

    def is_of(self, job_id: UUID) -> bool:
        """Whether the job claims the word, live or expired."""
        return self.claim is not None and self.claim.job_id == str(job_id)

    def claimed_before(self, other: WordState) -> bool:
        """Whether this document was committed before the other: by Firestore's clock, then by key."""
        return (_nanoseconds(self.version), self.key) < (_nanoseconds(other.version), other.key)

    def is_live(self, now: datetime) -> bool:
        """Whether some job holds a live claim on the word."""
        return self.claim is not None and self.claim.until > now

    def claimed(self, word: str, claim: Claim) -> tuple[Self, Write]:
        """The word under a claim; a known word keeps its display form."""
        after = replace(self, word=self.word if self.rank else word, claim=claim)
        if self.rank:
            return after, Write(
                path=word_path(self.key),
                fields=_claim_fields(claim),
                only=_CLAIM_FIELDS,
                version=self.version,
            )
        return after, _document(after, {})

    def freed(self) -> tuple[Self, Write]:
        """The word without its claim; a word that is not known is deleted."""
        if self.rank:
            return replace(self, claim=None), Write(
                path=word_path(self.key), fields={}, only=_CLAIM_FIELDS, version=self.version
            )
        return type(self)(key=self.key), Write(path=word_path(self.key), fields=None, version=self.version)

    def learned(
        self, definition: Definition, rank_: int, at: datetime, *, is_freed: bool = False
    ) -> tuple[Self, Write]:
        """The word known at a depth by a definition. `at` applies if it was not known before."""
        definition = with_aliases(definition, self.aliases)
        after = replace(
            self,
            word=definition.word,
            aliases=definition.aliases,
            alias_of=None,
            rank=rank_,
            learned_at=self.learned_at or at,
            claim=None if is_freed else self.claim,
        )
        provenance = definition.provenance
        return after, _document(
            after,
            {
                "explanation": definition.text,
                "part_of_speech": definition.part_of_speech,
                "support": definition.support,
                "citations": [citation.model_dump(exclude_none=True) for citation in definition.citations],
                "provenance": provenance.model_dump(exclude_none=True),
                "job_id": provenance.job_id,
                "round": provenance.round,
                "model": provenance.model,
                **({"aliases": list(definition.aliases)} if definition.aliases else {}),
            },
        )


def _nanoseconds(version: Version) -> int:
    return version.ToNanoseconds() if version is not None else 0


def _claim_fields(claim: Claim | None) -> dict[str, Any]:
    return (
        dict(zip(_CLAIM_FIELDS, (claim.job_id, claim.attempt, claim.token, claim.until), strict=True))
        if claim
        else {}
    )


def _document(state: WordState, knowledge: dict[str, Any]) -> Write:
    """The complete document.

    For a word that is only claimed, it includes the time after which Firestore may delete it; never for a
    known word.
    """
    fields: dict[str, Any] = {
        "key": state.key,
        "word": state.word,
        "state": "known" if state.rank else "claimed",
        **_claim_fields(state.claim),
        **knowledge,
    }
    if graphical := stored_graphical_key(state.key):
        fields["graphical"] = graphical
    if state.rank:
        fields |= {"depth": depth_of(state.rank), "learned_at": state.learned_at}
    elif state.claim:
        fields["claim_expires_at"] = state.claim.until
    return Write(path=word_path(state.key), fields=fields, version=state.version)


def known_word(fields: dict[str, Any]) -> KnownWord:
    """The known word in a document."""
    definition = Definition(
        word=fields["word"],
        key=fields["key"],
        text=fields["explanation"],
        part_of_speech=fields["part_of_speech"],
        support=fields["support"],
        citations=fields["citations"],
        provenance=fields["provenance"],
        aliases=fields.get("aliases", ()),
    )
    return KnownWord(definition=definition, depth=fields["depth"], learned_at=fields["learned_at"])


def alias_document(alias: Alias, version: Any = ANY) -> Write:  # noqa: ANN401  a version, none or any
    """The complete document of an alias."""
    fields: dict[str, Any] = {
        "key": alias.key,
        "word": alias.word,
        "state": "alias",
        "alias_of": alias.of,
        "relation": str(alias.relation),
    }
    if graphical := stored_graphical_key(alias.key):
        fields["graphical"] = graphical
    return Write(path=word_path(alias.key), fields=fields, version=version)


def alias_in(fields: dict[str, Any]) -> Alias:
    """The alias in a document."""
    return Alias(word=fields["word"], key=fields["key"], of=fields["alias_of"], relation=fields["relation"])
