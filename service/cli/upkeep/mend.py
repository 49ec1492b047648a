"""`learn mend`: says what a store holds otherwise than this version would store it, and mends it."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext

import typer

from flows.core.identity.doubles import Likeness
from flows.core.identity.relatives import WordFacts
from flows.lexicon.morphology import Morphology
from flows.lexicon.reader import Lexicon
from flows.settings import read_settings
from flows.stores.mending import Mend, MendKind, MendOutcome, MendRules, mend_store
from service.cli.output.console import DONE, FAILED, clean, err, say
from service.cli.store_to_read import store_to_change

TOLD_EVERY_S = 0.5

_REASONS: Mapping[Likeness, str] = {
    Likeness.INFLECTION: "a form of it",
    Likeness.SPACING: "the same word with another hyphen or space",
    Likeness.MARKS: "the same word with other marks",
    Likeness.SPELLING: "another spelling of it",
}
_COUNTED: Mapping[MendKind, tuple[str, str]] = {
    MendKind.INDEXED: ("word to be found under other spellings", "words to be found under other spellings"),
    MendKind.RESPELLED: ("headword to be respelled", "headwords to be respelled"),
    MendKind.MERGED: ("double to be merged", "doubles to be merged"),
}
_DONE: Mapping[MendKind, tuple[str, str]] = {
    MendKind.INDEXED: (
        "word is now found under other spellings",
        "words are now found under other spellings",
    ),
    MendKind.RESPELLED: ("headword written as the lexicon does", "headwords written as the lexicon does"),
    MendKind.MERGED: ("double merged", "doubles merged"),
}


async def mend_and_tell(*, is_dry_run: bool, is_json: bool) -> int:
    """Mend the store, or say what would be mended: a line each on stdout, the totals on stderr.

    Fails if words were left because jobs work on them.
    """
    settings, console = read_settings(), err()
    counts: Counter[tuple[MendOutcome, MendKind]] = Counter()
    status = console.status("Reading the words") if console.is_terminal else nullcontext()
    shares_terminal = console.is_terminal and sys.stdout.isatty()
    with lexicon_rules(settings.language) as rules, status as shown:
        told_at = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal told_at
            if shown is not None and total and time.monotonic() - told_at >= TOLD_EVERY_S:
                told_at = time.monotonic()
                shown.update(f"Looked at {done:,} of {total:,} words")

        async with store_to_change(
            settings.store, language=settings.language, is_dry_run=is_dry_run
        ) as store:
            async for found in mend_store(store, rules, is_dry_run=is_dry_run, tell=tell):
                counts[found.outcome, found.kind] += found.count
                line = found.model_dump_json(exclude_none=True) if is_json else mend_line(found)
                if line is None:
                    continue
                if shown is not None and shares_terminal:
                    # a result would stand behind the status, in its line
                    shown.stop()
                    typer.echo(line)
                    shown.start()
                else:
                    typer.echo(line)
    if is_json:
        typer.echo(_totals(counts, is_dry_run=is_dry_run))
    else:
        for line in closing_lines(counts):
            say(line)
    is_left = any(outcome is MendOutcome.IN_USE for outcome, _ in counts)
    return FAILED if is_left and not is_dry_run else DONE


@contextmanager
def lexicon_rules(language: str) -> Iterator[MendRules]:
    """The rules by which jobs judge proposed words. Raises LexiconMissing."""
    with Lexicon() as lexicon:
        morphology = Morphology(lexicon)
        facts = WordFacts(
            base_forms=morphology.base_forms,
            are_variants=morphology.are_variants,
            parts_of=morphology.parts_of,
            language=language,
        )
        yield MendRules(
            facts=facts,
            mean_the_same=morphology.mean_the_same,
            written=morphology.written,
            ranks=lambda keys: {key: lemma.rank for key, lemma in lexicon.find(keys).items()},
        )


def mend_line(found: Mend) -> str | None:
    """One mend of one word, with its reason; None for what is only counted."""
    if found.word is None or found.into is None:
        return None
    left = " (left as it is: a job is working on it)" if found.outcome is MendOutcome.IN_USE else ""
    return f"{clean(found.word)} → {clean(found.into)}: {_reason(found)}{left}"


def _reason(found: Mend) -> str:
    if found.reason is None:
        return "as the lexicon writes it"
    if found.reason is Likeness.ACCENTS:
        has_accents = not (found.word or "").isascii()
        return f"the same word with{'' if has_accents else 'out'} accents"
    return _REASONS[found.reason]


def closing_lines(counts: Mapping[tuple[MendOutcome, MendKind], int]) -> Iterator[str]:
    """What was or would be done in all, what is left, and what to do next."""
    if not counts:
        yield "Nothing to mend."
    if planned := _listed(counts, MendOutcome.PLANNED, _COUNTED):
        yield f"{planned}. Nothing has been changed. To do it: learn mend --yes"
    if done := _listed(counts, MendOutcome.DONE, _DONE):
        yield f"{done}. Merged spellings still find their word: learn show, learn search."
    if left := sum(count for (outcome, _), count in counts.items() if outcome is MendOutcome.IN_USE):
        one = "1 word was left because a job is using it"
        words = one if left == 1 else f"{left:,} words were left because jobs are using them"
        yield f"{words}. When the jobs have ended: learn mend --yes"


def _listed(
    counts: Mapping[tuple[MendOutcome, MendKind], int],
    outcome: MendOutcome,
    names: Mapping[MendKind, tuple[str, str]],
) -> str:
    found = {kind: counts.get((outcome, kind), 0) for kind in MendKind}
    return ", ".join(f"{count:,} {names[kind][count != 1]}" for kind, count in found.items() if count)


def _totals(counts: Mapping[tuple[MendOutcome, MendKind], int], *, is_dry_run: bool) -> str:
    totals: dict[str, dict[str, int]] = {}
    for (outcome, kind), count in counts.items():
        totals.setdefault(outcome.value, {})[kind.value] = count
    return json.dumps({"is_dry_run": is_dry_run, "totals": totals})
