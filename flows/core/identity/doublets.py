"""Pairs of English words that only a mark or a space tells apart, decided one by one.

Source: written for this project from general knowledge of what English dictionaries list apart, along what
Wikipedia's "English terms with diacritical marks" and style guides say: a few loanwords keep an accent, and
words with "re-" a hyphen, so as not to be taken for another word. No list was copied. WordNet, which writes
no accents, is no help with the first group.

A line is one spelling without marks, and the words that are written so: spellings of one word are joined by
"=", words are parted by "|". A spelling that no word lists is of the first word if it has no mark, and of the
last otherwise.
"""

from __future__ import annotations

import re

_ACCENTS = """
    resume | résumé = resumé
    rose | rosé
    pate | pâte | pâté = paté
    expose | exposé
    lame | lamé
    pique | piqué
    mate | maté
    sake | saké
    ore | öre = øre
    canon | cañon
    cure | curé
    divorce | divorcé
    cote | côte | côté = coté
    mole | môle
    mere | mère
    charge | chargé
    the | thé
    ne | né
    conte | conté
    lander | länder
    pina | piña
    ano | año
    a | à | å
    la | là
    ou | où
    derive | dérivé = dérive
    agape | agapé = agapē
    male | malé
"""

_HYPHENS = """
    coop | co-op
    unionized | un-ionized
    unionised | un-ionised
    multiply | multi-ply
    preposition | pre-position
    coax | co-ax
    recover | re-cover
    resign | re-sign
    reform | re-form
    recreate | re-create
    recreation | re-creation
    reformation | re-formation
    resort | re-sort
    represent | re-present
    release | re-lease
    resent | re-sent
    remark | re-mark
    retreat | re-treat
    repress | re-press
    reserve | re-serve
    react | re-act
    recount | re-count
    refuse | re-fuse
    rebound | re-bound
    restore | re-store
    repose | re-pose
    reprove | re-prove
    reside | re-side
    retire | re-tire
    retort | re-tort
    redress | re-dress
    relay | re-lay
    replace | re-place
    resolve | re-solve
    restrain | re-strain
    recollect | re-collect
    recollection | re-collection
    repair | re-pair
    repeal | re-peal
    report | re-port
    resound | re-sound
    retail | re-tail
    relent | re-lent
    recall | re-call
    reclaim | re-claim
    recoil | re-coil
    recess | re-cess
    recoup | re-coup
    recede | re-cede
    redeem | re-deem
    extraordinary | extra-ordinary
    disease | dis-ease
    prose | pro-se
    overage | over-age
"""

_SPACES = """
    blackbird | black bird
    blackboard | black board
    blackberry | black berry
    bluebird | blue bird
    bluebell | blue bell
    greenhouse | green house
    greenback | green back
    redhead | red head
    redneck | red neck
    redwood | red wood
    darkroom | dark room
    hothouse | hot house
    hotbed | hot bed
    heavyweight | heavy weight
    lightweight | light weight
    lighthouse | light house
    highland | high land
    highlight | high light
    softball | soft ball
    longboat | long boat
    shortcake | short cake
    bighead | big head
    sweetmeat | sweet meat
    strongbox | strong box
    strongman | strong man
    freeman | free man
    gentleman | gentle man
    nobleman | noble man
    madman | mad man
    butterfly | butter fly
    dragonfly | dragon fly
    carpet | car pet
    therapist | the rapist
    marshmallow | marsh mallow
    livingstone | living stone
    deforest | de forest
    cutin | cut-in
    bearcat | bear cat
    dragon | drag on
    button | butt on
    island | is land
    season | sea son
    manage | man age
    earnest | ear nest
    manslaughter | man slaughter
    rampage | ram page
    friendship | friend ship
"""


def _read(table: str) -> dict[str, dict[str, int]]:
    """By unaccented spelling: which word, by number, each key stands for."""
    found: dict[str, dict[str, int]] = {}
    for line in filter(None, map(str.strip, table.splitlines())):
        words = [[key.strip() for key in word.split("=")] for word in line.split("|")]
        plain = re.sub("[ -]", "", words[0][0])
        found[plain] = {key: number for number, keys in enumerate(words) for key in keys}
    return found


DOUBLETS = _read(_ACCENTS) | _read(_HYPHENS) | _read(_SPACES)
"""By graphical key: the number of the word that each written key stands for."""

_LETTERS = """
    chilli | chilly
    chili | chilly
    chile | chilly
    insure | ensure
"""
NEVER_VARIANTS = frozenset(
    frozenset(map(str.strip, line.split("|"))) for line in _LETTERS.strip().splitlines()
)
"""Pairs of words that a letter tells apart and that WordNet lists with one meaning, though they are two."""
