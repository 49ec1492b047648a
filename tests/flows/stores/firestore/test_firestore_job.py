"""What a whole job costs in Firestore."""

from __future__ import annotations

import pytest
from firestore_bill import billed

from flows import big_learning
from flows.job.resources import using
from flows.knowledge import utc_now
from flows.lexicon.reader import Lexicon
from flows.models.scripted import ScriptedModel
from flows.settings import Settings
from flows.sources.lexicon import LexiconSource

__all__ = ["billed"]

LEARNED = 200
MOST_AN_ENTRY = 25.0
"""Today's figure with four candidates for each word learned; the goal is 8."""
OF_EACH_SECOND = 4
"""The row, its log and the stop flag, whatever is learned; and Prefect's word, now and then."""


@pytest.fixture
def lexicon():
    with Lexicon() as opened:
        yield opened


@pytest.mark.prefect
async def test_a_whole_job_costs_few_operations_an_entry(billed, lexicon, tmp_path, prefect_api):
    store, bill = billed
    store._clock = utc_now
    words = [lemma.text for lemma in lexicon.lemmas(after_rank=2_000, limit=8 * LEARNED)]
    settings = Settings(home=tmp_path)
    bill.spent.clear()
    with using(settings=settings, store=store, model=ScriptedModel(words), sources=[LexiconSource(lexicon)]):
        job = await big_learning(
            max_entries=LEARNED, candidates_per_round=4 * LEARNED, words_per_round=LEARNED
        )
    assert job.counts.stored == LEARNED
    spent = sum(bill.spent[kind] for kind in ("reads", "writes", "deletes"))
    an_entry = (spent - OF_EACH_SECOND * job.active_seconds) / LEARNED
    assert an_entry <= MOST_AN_ENTRY, dict(bill.spent)
