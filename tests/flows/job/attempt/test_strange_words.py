"""Whole jobs whose model proposes what no reader has cleaned, and breaks what reads it: words stand alone."""

import pytest

from tests.flows.job.parts import WORDS, Model

STRANGE = [
    "a\ud83db",
    "\udc80",
    "\0",
    "x" * 100_000,
    "\u202eabc",
    "a" + "\u0301" * 5_000,
    "'" * 500,
    "- " * 500,
    "İ" * 61,
    "ß" * 40,
    "\ufdfa" * 10,
    "ﬁ" * 59,
    "%" * 60,
    "__x__",
    "..",
    "/" * 30 + "a",
    "ʼn" * 30,
    "a\u200d\u200d",
    "\U000e0061\U000e0062",
    "🏴\U000e0067\U000e007f cat",
    "ⅷ",
    "�",
    "ｃａｔ",
    "cаt",
    "Ὀδυσσεύς",
    "می\u200cخواهم",
    "",
    " \t\n",
    "a.b.c.d.e.f.g",
    "1e999",
    "NaN",
    "null",
    "'; DROP TABLE words; --",
    "{{l|en|x}}",
]


@pytest.mark.parametrize("fails", [None, RecursionError(), UnicodeError("x"), KeyError("x"), MemoryError()])
async def test_strange_proposals_cost_no_other_word_and_end_no_job(heart, fails):
    good = WORDS[:20]
    mixed = [word for pair in zip(good, [*STRANGE, *STRANGE][: len(good)], strict=False) for word in pair]

    class Fails(Model):
        async def define(self, batch):
            if fails is not None and any(item.word.key == good[0] for item in batch):
                raise fails
            return await super().define(batch)

    job = await heart.run(Fails([*mixed, *STRANGE]), max_entries=200)
    assert job.status == "completed"
    counts = job.counts
    assert counts.stored >= len(good) - (fails is not None)
    assert counts.stored + counts.defined + counts.failed == counts.accepted
    assert counts.failed == (fails is not None)
