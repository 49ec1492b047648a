"""Asking a language model for new words of many kinds."""

import random
import statistics
from collections import Counter
from types import SimpleNamespace

import pytest

from flows.core import diversity
from flows.core.words import word_key
from flows.errors import ModelUnavailable, QuotaExhausted
from flows.knowledge import Candidate, Generation, Round, Usage, Verdict, utc_now
from flows.lexicon.census import cell_sizes
from flows.lexicon.reader import Lexicon
from flows.stages.planner import PromptPlanner, observed
from flows.stages.troubles import Troubles
from tests.world.writing.proposing import Proposer


def parts_of(model, lexicon):
    """What the planner uses of a job's resources."""
    return SimpleNamespace(model=model, lexicon=lexicon, troubles=Troubles())


@pytest.fixture(scope="module")
def lexicon():
    with Lexicon() as opened:
        yield opened


class Listing:
    """A model that lists words like `n-0`, notes what it was asked, and fails the requests whose number is in
    `failing`.
    """

    name = "listing"
    invents = True

    def __init__(self, failing=(), error=ModelUnavailable):
        self.requests = []
        self.failing = set(failing)
        self.error = error

    async def propose(self, request):
        self.requests.append(request)
        number = len(self.requests)
        if number in self.failing:
            raise self.error("away")
        return Generation(
            value=tuple(f"w{number}x{at}" for at in range(request.count)),
            usage=Usage(requests=1),
            model="listing",
            prompt_version="listing-1",
        )


def judged(found, verdict=Verdict.ACCEPTED):
    return [Candidate(text=word, key=word, verdict=verdict, cell=cell) for word, cell in found.words]


async def test_a_round_of_a_thousand_words_is_ten_requests_for_ten_kinds(lexicon):
    model = Listing()
    found = await PromptPlanner().ask(parts_of(model, lexicon), 1000)
    assert [request.count for request in model.requests] == [100] * 10
    assert len({request.cells for request in model.requests}) == 10
    assert Counter(cell for _, cell in found.words) == {request.cells[0]: 100 for request in model.requests}
    assert found.usage.requests == 10


async def test_what_came_is_used_when_some_requests_fail_and_a_retry_sends_only_those(lexicon):
    model = Listing(failing={2})
    planner, parts = PromptPlanner(), parts_of(model, lexicon)
    assert len((await planner.ask(parts, 400)).words) == 300
    assert len((await planner.ask(parts, 400)).words) == 400
    assert len(model.requests) == 5


@pytest.mark.parametrize("error", [ModelUnavailable, QuotaExhausted])
async def test_the_failure_is_told_when_all_requests_fail(lexicon, error):
    model = Listing(failing=range(1, 100), error=error)
    with pytest.raises(error):
        await PromptPlanner().ask(parts_of(model, lexicon), 400)


async def test_words_that_a_kind_has_given_are_shown_when_it_is_asked_again(lexicon):
    model = Listing()
    planner, parts = PromptPlanner(), parts_of(model, lexicon)
    for _ in range(40):
        planner.note_verdicts(judged(await planner.ask(parts, 400)))
    again = [
        request
        for at, request in enumerate(model.requests)
        if request.cells in [r.cells for r in model.requests[:at]]
    ]
    assert again
    for request in again:
        assert 0 < len(request.avoid) <= diversity.SHOWN


async def test_dry_kinds_are_left_and_without_any_left_the_model_is_asked_for_just_words(lexicon):
    model = Listing()
    planner, parts = PromptPlanner(), parts_of(model, lexicon)
    while (found := await planner.ask(parts, 1000)).words[0][1] is not None:
        assert len(model.requests) < 500
        planner.note_verdicts(judged(found, Verdict.KNOWN))
    assert model.requests[-1].cells == ()


async def test_a_resumed_job_remembers_what_its_rounds_gave(lexicon):
    model = Listing()
    planner, parts = PromptPlanner(), parts_of(model, lexicon)
    rounds = []
    for number in range(1, 4):
        candidates = judged(await planner.ask(parts, 400), Verdict.KNOWN)
        planner.note_verdicts(candidates)
        rounds.append(
            Round(
                job_id="00000000-0000-0000-0000-000000000001",
                number=number,
                attempt=1,
                model="m",
                prompt_version="p",
                candidates=tuple(candidates),
                batch_size=20,
                created_at=utc_now(),
            )
        )
    resumed = PromptPlanner(rounds)
    await resumed.ask(parts, 400)
    await planner.ask(parts, 400)
    assert [r.cells for r in model.requests[-8:-4]] == [r.cells for r in model.requests[-4:]]


def new_words_by_round(lexicon, seed, *, is_guided):
    """Ten rounds of a thousand words from a model that repeats itself as real ones do."""
    proposer = Proposer(lexicon, seed=seed, distinct=False)
    survey, chance = diversity.Survey.over(cell_sizes(lexicon)), random.Random(seed)
    known, by_round = set(), []
    for _ in range(10):
        before = len(known)
        for cell in survey.choose(10, chance) if is_guided else [None] * 10:
            listed = (
                proposer.propose(100, [cell.label], None, survey.unwanted(cell))
                if cell
                else proposer.propose(100)
            )
            candidates = []
            for word in listed:
                verdict = Verdict.KNOWN if word_key(word) in known else Verdict.ACCEPTED
                known.add(word_key(word))
                candidates.append(
                    Candidate(
                        text=word, key=word_key(word), verdict=verdict, cell=cell.label if cell else None
                    )
                )
            survey = observed(survey, candidates)
        by_round.append(len(known) - before)
    return by_round


def test_ten_rounds_bring_twice_as_many_new_words_as_a_naive_prompt(lexicon):
    totals = {}
    for is_guided in (False, True):
        runs = [new_words_by_round(lexicon, seed, is_guided=is_guided) for seed in range(5)]
        # shown by -s, and when it fails
        print("with" if is_guided else "without", "core/diversity.py:", *runs, sep="\n  ")  # noqa: T201
        totals[is_guided] = statistics.median(map(sum, runs))
    assert totals[True] >= 2 * totals[False]
