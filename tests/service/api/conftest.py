"""A server whose store holds many entries, odd ones among them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from store_documents import START, entry

from flows.knowledge import Sense
from tests.service.api.knowledge_learned import learn


@pytest.fixture
def full(serve, tmp_path):
    served = serve(store=f"sqlite:///{tmp_path}/store.db")
    odd = ['comma, "quote"', "line\nbreak", "null", "naïve 漢字", "=1+1"]
    made = [entry(f"word {n:05}") for n in range(2495)] + [
        entry(f"odd {n}", definition=text) for n, text in enumerate(odd)
    ]
    made[0] = made[0].model_copy(
        update={
            "created_at": START + timedelta(microseconds=1),
            "senses": (Sense(part_of_speech="noun", gloss="a gloss"),),
        }
    )
    learn(served, *made)
    return served, sorted(made, key=lambda e: e.key)
