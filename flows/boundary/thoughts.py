"""What a language model thinks aloud, told from what it answers.

Models write their thoughts between tags of many kinds, forget to open them, since the prompt did, or to close
them; and some write the whole answer between them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

MOST_TAGS = 200
"""Most tags that are told apart; a text with more is a loop."""

_NAME = r"(?:\w{1,20}:)?(?:think|thinking|thought|thoughts|reason|reasoning|analysis|reflection|scratchpad)"
_BEGIN = rf"[<\[◁]{_NAME}(?:\s[^<>\[\]]{{0,200}})?[>\]▷]|<\|begin_of_thought\|>"
_END = rf"[<\[◁]/{_NAME}[>\]▷]|<\|end_of_thought\|>|<\|channel\|>\s*final\b[^{{\[]{{0,60}}?<\|message\|>"
_TAG = re.compile(rf"(?P<end>{_END})|{_BEGIN}", re.IGNORECASE)
_THOUGHT = re.compile(rf"(?:{_BEGIN})(?:(?!{_BEGIN}).)*?(?:{_END})", re.DOTALL | re.IGNORECASE)
_LONE = re.compile(rf"\A(?:{_BEGIN}|{_END})|(?:{_BEGIN}|{_END})\Z", re.IGNORECASE)
_IS_JSON = re.compile(r"[{\[]\s*(?:[\"'“{\[\]}]|\w+\s*:)")
"""A bracket that begins JSON, and no remark such as "[this]"."""
_BEGINS_WITH_JSON = re.compile(r"[\s`]*(?:json\s*)?[{\[]")
_ENDS_IN_JSON = re.compile(r"[}\]][\s`]*(?:</\w{1,20}>\s*)*\Z")
_SPECIAL = re.compile(r"<[|｜][^<>|｜\s]{1,40}[|｜]>|</?s>|<(?:eos|bos|pad|unk|end_of_turn|start_of_turn)>")
"""What templates put between the parts of a conversation."""


def spoken(text: str, end_of_json: Callable[[str, int], int]) -> str:
    """The text without its thoughts. If nothing is left, the last thought that is an answer: one that ends in
    JSON or, unless it was never closed, begins with it.

    `end_of_json` returns where the JSON at a position ends, or -1: a tag inside JSON is part of it.
    """
    said, thoughts = _parts(text, end_of_json)
    if _IS_JSON.search(said) or not thoughts:
        return said
    for thought, is_closed, is_opened in reversed(thoughts):
        is_answer = _ENDS_IN_JSON.search(thought) or (
            is_closed and not is_opened and _BEGINS_WITH_JSON.match(thought)
        )
        if is_answer and _IS_JSON.search(thought):
            return thought
    return said


def without_thoughts(text: str) -> str:
    """A text from an answer, such as a definition, without thoughts and special tokens."""
    if "<" not in text and "[" not in text and "◁" not in text:
        return text
    text = _THOUGHT.sub(" ", text)
    before = None
    while text != before:
        before, text = text, _LONE.sub("", _SPECIAL.sub(" ", text)).strip()
    return text


def _parts(text: str, end_of_json: Callable[[str, int], int]) -> tuple[str, list[tuple[str, bool, bool]]]:
    """The answer, and the thoughts: each with whether it was closed and whether it was opened."""
    said: list[str] = []
    thoughts: list[tuple[str, bool, bool]] = []
    at, is_thinking = 0, False
    for tag in _tags(text, end_of_json):
        part = text[at : tag.start()]
        is_end = tag["end"] is not None
        if is_end or is_thinking:
            # an end without a beginning ends all that stands before it
            thoughts.append((part if is_thinking else "".join([*said, part]), is_end, is_thinking))
            said = said if is_thinking else []
        else:
            said.append(part)
        at, is_thinking = tag.end(), not is_end
    rest = text[at:]
    if is_thinking:
        thoughts.append((rest, False, True))
    else:
        said.append(rest)
    return "\n".join(said), thoughts


def _tags(text: str, end_of_json: Callable[[str, int], int]) -> Iterator[re.Match[str]]:
    """The tags outside JSON."""
    at = 0
    for _ in range(MOST_TAGS):
        tag = _TAG.search(text, at)
        if tag is None:
            return
        opening = _IS_JSON.search(text, at, tag.start())
        end = end_of_json(text, opening.start()) if opening is not None else -1
        if end > tag.start():
            at = end
            continue
        yield tag
        at = tag.end()
