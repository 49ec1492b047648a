"""What reading a piece of wikitext gives, and whether it holds together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

UNKNOWN = "\ue000"
"""Stands for a template that we cannot expand."""
_AROUND = re.compile(f"([{UNKNOWN}\\s,;:]*)([^{UNKNOWN}]*)([{UNKNOWN}\\s.,;:]*)")
_OPENING = re.compile(
    r"(?:An?|The|To|Of|In|Any|All|Each|Every|One|Some(?:one|body|thing)?|Having|Being|Relating|Pertaining)"
    r"\s+\w"
)
"""How a definition begins that needs nothing before it."""
_ENDING = re.compile(r"[.!?…][\"'”’)\]]*\s*\Z")


@dataclass
class Reading:
    """The result of reading a piece of wikitext: plain text, labels, the lemma if the word is a form of one,
    and the templates that we cannot expand, as they are written.
    """

    text: str = ""
    labels: list[str] = field(default_factory=list)
    form_of: str | None = None
    unknown: list[str] = field(default_factory=list)

    @property
    def is_torn(self) -> bool:
        """Whether a template that we cannot expand leaves a gap.

        It leaves none after the end of a sentence, nor before a sentence that opens like one.
        """
        if UNKNOWN not in self.text:
            return False
        found = _AROUND.fullmatch(self.text)
        if found is None:
            return True
        before, body, after = found.groups()
        if not body:
            return False
        return (UNKNOWN in before and not _OPENING.match(body)) or (
            UNKNOWN in after and not _ENDING.search(body)
        )
