"""Texts in which a model says that it has nothing to say, or what it was told to write."""

from __future__ import annotations

import re

from flows.core.prompts import SYSTEM
from flows.core.words import word_key

FEWEST_TOLD = 4
"""Words that a text must share with what the model was told to count as its repetition."""

_PARTS = {
    "NOT": "(?:not|no|cannot|can't|isn't|wasn't|doesn't|didn't|couldn't|won't|hasn't|unclear|insufficient)",
    "WORD": "(?:word|term|phrase|expression|entry|concept)",
    "LACK": "(?:there (?:is|was|were) )?(?:no|not enough|insufficient)",
    "FACTS": "(?:evidence|definitions?|information|data|context|meaning)",
    "GIVEN": "(?:available|found|provided|given|supplied|known|exists?)",
}
_BEGINNINGS = r"""
(?:well, |unfortunately,? |sorry,? (?:but )?|apologies,? (?:but )?|my apologies,? (?:but )?)*(?:i|we)
    (?:'m|'re|'ve| am| are| was| were| have been)?(?: so| very| really| truly| afraid| currently)*
    (?: sorry| afraid| unable| not able| not sure| apologi[sz]e| cannot| can't| could not| couldn't| do not
    | don't| did not| didn't| will not| won't| must decline| have no| could find no| found no| lack)\b
(?:unfortunately|sorry|apologies|my apologies)[,:;!.]? .*\b{NOT}\b
as an? (?:ai|artificial intelligence|(?:large )?language model)\b
{LACK} (?:\w+ ){0,2}{FACTS} (?:(?:is|was|were|has been|could be|can be) )?(?:yet )?{GIVEN}\b
{LACK} (?:\w+ ){0,2}{FACTS} (?:\w+ ){0,3}(?:this|the (?:given|provided)) {WORD}\b
(?:the|this|that) (?:given |provided |requested )?{WORD}(?! (?:that|of|for|which|who|when|to|in|by|with))
    (?: ["'“‘][\w' -]{1,60}["'”’]| [\w'-]{1,30})?
    (?: is| was| has| does| did| could| can)? ?(?:{NOT}|unknown)(?: {NOT})?\b.*
    \b(?:defined?|evidence|recogni[sz]ed|found|known|definition|dictionary)\b
(?:the|this|its) (?:exact )?(?:meaning|definition) (?:\w+ ){0,6}(?:is|was|could|can|{NOT})\b
    .*\b(?:unclear|unknown|unavailable|determined|evidence|given)\b
(?:the|your|provided|supplied|given)(?: \w+)? evidence (?:\w+ ){0,2}{NOT}\b
the evidence (?:contradicts itself|is (?:contradictory|unclear|about another|about a different))\b
(?:it (?:is|was) )?(?:cannot|can't|could not|unable to|not able to|(?:im|not )possible to) (?:be )?
    (?:define|defined|provide|give|find|generate|determine|complete|fulfil|fulfill)
    (?: (?:a|an|the|any)(?: \w+)? definition| (?:the )?meaning of (?:this|the given)
    | (?:this|that|the given|your) (?:request|answer|{WORD}))\b
(?:definition|meaning|evidence|content|information)(?: is)?
    (?: not {GIVEN}| unavailable| unknown| missing| pending| unclear)\b
(?:not (?:found|mentioned|defined) in|please (?:provide|give|supply)) (?:\w+ )?evidence\b
(?:this is )?not an? (?:real|valid|known|recogni[sz]ed|standard|english)(?: english)? {WORD}\Z
(?:there is )?no such {WORD}\b
(?:an? |the )?(?:unknown|undefined|unrecogni[sz]ed|invalid|misspelled) {WORD}\Z
(?:this|it) (?:seems|appears|looks)(?: to be)? (?:like )?(?:a |an )?
    (?:typo|misspelling|misspelled|invented|made-up|nonsense)\b
(?:sure|certainly|of course|okay)[,!.:] (?:here|i|the definition)\b
here(?: is| are|'s) (?:the|a|your|my) (?:short |requested )?(?:definition|answer|explanation)s?\b
(?:error|warning):(?: |\Z)
(?:todo|tbd|n/a|lorem ipsum)\b
(?:an?|the|your|one|insert|add|write) (?:short |brief |clear )?definition
    (?: (?:of|for) (?:the|this|a) {WORD})?(?: (?:here|goes here))?\Z
"""
"""How such a text begins, one a line with its indented rest. No definition of WordNet's begins so."""


def _pattern() -> re.Pattern[str]:
    text = re.sub(r"\n +", "", _BEGINNINGS.strip())
    for name, part in _PARTS.items():
        text = text.replace("{" + name + "}", part)
    return re.compile("|".join(f"(?:{line})" for line in text.split("\n")))


_BEGINNING = _pattern()
_REMAINS = re.compile(
    r"<[|｜][^<>|｜\s]{1,40}[|｜]>|</?think(?:ing)?>|&(?:nbsp|amp|quot|lt|gt|#\d{1,5});|\A\*\*|\A```"
)
"""Signs of a template, of HTML or of Markdown, which the boundary takes out where it can."""
_TOLD = tuple(map(word_key, SYSTEM.values()))


def is_evasive(text: str) -> bool:
    """Whether a text is a refusal, a remark on the evidence, or what the model was told to write."""
    said = word_key(text).strip(" .\"'<>[]")
    is_told = len(said.split()) >= FEWEST_TOLD and any(said in told for told in _TOLD)
    return is_told or _BEGINNING.match(said) is not None


def has_remains(text: str) -> bool:
    """Whether a text contains remains of a model's template, of HTML or of Markdown."""
    return _REMAINS.search(text) is not None
