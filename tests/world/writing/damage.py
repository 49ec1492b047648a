"""Valid answers of a model, damaged as models and networks damage them."""

from __future__ import annotations

import json
import re

STRANGE = (
    "\0\x1b[31m|\ud83d|\u202e|\ufeff|\u2028|\x85|\\|\"|'|{|}|[|]|,|:|\n|```|<think>|</think>|null|NaN".split(
        "|"
    )
)


def damaged(text, chance):
    """One answer with one to three faults."""
    for _ in range(chance.randint(1, 3)):
        text = chance.choice(_FAULTS)(text, chance)
    return text


def _cut(text, chance):
    return text[: chance.randint(0, len(text))]


def _insert(text, chance):
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(STRANGE) + text[at:]


def _drop(text, chance):
    at = chance.randint(0, len(text))
    return text[:at] + text[at + chance.randint(1, 4) :]


def _repeat(text, chance):
    at, size = chance.randint(0, len(text)), chance.randint(1, 60)
    return text[:at] + text[at : at + size] * chance.randint(2, 40) + text[at + size :]


def _swap(text, chance):
    one, other = sorted((chance.randint(0, len(text)), chance.randint(0, len(text))))
    return text[other:] + text[one:other] + text[:one]


def _fence(text, chance):
    return chance.choice(
        ["```json\n{}\n```", "Sure! {} Anything else?", "<think>[{{</think>{}", "{}{}"]
    ).replace("{}", text)


def _unquote(text, chance):
    at = chance.choice([found.start() for found in re.finditer('"', text)] or [0])
    return text[:at] + text[at + 1 :]


def _single_quotes(text, _chance):
    return text.replace('"', "'")


def _escape(text, _chance):
    return text.replace('"', '\\"')


def _deepen(text, chance):
    return '{"words":[' * chance.randint(1, 400) + text


def _as_items(text, chance):
    return text.replace('"id"', chance.choice(['"word"', '"key"', '"ID"', '"nonsense"']))


def _wrap(text, chance):
    """As tools are called, as other templates think, as JSON is quoted or printed once more."""
    return chance.choice(
        [
            lambda: json.dumps({"name": "answer", "arguments": text}),
            lambda: json.dumps({"tool_calls": [{"function": {"name": "answer", "arguments": text}}]}),
            lambda: f"[THINK]Perhaps {text[:80]}?[/THINK]{text}",
            lambda: f"<|channel|>analysis<|message|>{text[:80]}<|channel|>final<|message|>{text}",
            lambda: f"<think>Let me see.\n{text}",
            lambda: text.replace('"', "&quot;"),
            lambda: text.replace(': "', ": “").replace('",', "”,"),
        ]
    )()


_FAULTS = (
    _wrap,
    _cut,
    _insert,
    _drop,
    _repeat,
    _swap,
    _fence,
    _unquote,
    _single_quotes,
    _escape,
    _deepen,
    _as_items,
)
