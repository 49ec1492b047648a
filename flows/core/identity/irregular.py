"""Irregular English inflection: which verbs have forms of their own, and how such plurals end.

The verbs are a closed class, written here from general knowledge of English grammar; a verb with something
before it goes as they do ("overtake", "baby-sit"). With them a dictionary of forms is told from one of
abbreviations and of words that are merely related.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_ALWAYS = """
    arise arose arisen; awake awoke awoken; be am is are was were been; bear bore borne born
    beat beaten; become became; befall befell befallen; beget begat begot begotten; begin began begun
    behold beheld; beset; bet; bid bade bidden; bind bound bounden
    bite bit bitten; bleed bled; blow blew blown; break broke broken; breed bred; bring brought; build built
    buy bought boughten; cast; catch caught; choose chose chosen; cling clung; come came; cost; creep crept
    cut; deal dealt; dig dug; do did done does doth; draw drew drawn; drink drank drunk; drive drove driven
    eat ate eaten; fall fell fallen; feed fed; feel felt; fight fought; find found; flee fled; fling flung
    fly flew flown; forbid forbade forbad forbidden; forsake forsook forsaken; freeze froze frozen
    get got gotten; give gave given; go went gone; grind ground; grow grew grown; have has had hath
    hear heard; hide hid hidden; hit; hold held holden; hurt; keep kept; know knew known; lay laid; lead led
    leave left; lend lent; let; lose lost; make made; mean meant; meet met; pay paid; put; read
    ride rode ridden; rise rose risen; run ran; say said; see saw seen; seek sought; sell sold
    send sent; set; burst; shake shook shaken; shed; shoot shot; shrink shrank shrunk shrunken; shut;
    sing sang sung
    sink sank sunk sunken; sit sat; slay slew slain; sleep slept; slide slid slidden; sling slung; slink slunk
    slit; smite smote smitten; speak spoke spoken spake; spend spent; spin spun; spit spat
    split; spread; spring sprang sprung; stand stood; steal stole stolen; stick stuck; sting stung
    stink stank stunk; stride strode stridden; strike struck stricken; swear swore sworn
    sweep swept; swim swam swum; swing swung; take took taken; teach taught; tear tore torn; tell told
    think thought; throw threw thrown; thrust; tread trod trodden; understand understood; wear wore worn
    weep wept; win won; wring wrung; write wrote written; withdraw withdrew withdrawn; forget forgot forgotten
    forgive forgave forgiven; forgo forwent forgone; forego forewent foregone; partake partook partaken
    bespeak bespoke bespoken; beget begot begotten; mistake mistook mistaken; underlie underlay underlain
"""
_BESIDES = """
    string strung; ring rang rung; bide bidden; beseech besought; stave stove; lade laden;
    can could couldn't can't
    may might; shall should; will would won't; abide abode; bend bent; bereave bereft; bless blest;
    blend blent; burn burnt; bust bust
    chide chid chidden; cleave cleft clove cloven; clothe clad; crow crew; curse curst; dare durst
    dive dove; dream dreamt; dress drest; dwell dwelt; floodlight floodlit; frostbite frostbitten
    gild gilt; gird girt; hang hung; heave hove; hew hewn; jailbreak jailbroke jailbroken; kneel knelt
    lean leant; leap leapt; learn learnt; lie lay lain; light lit; melt molten; mow mown; pen pent
    plead pled; prove proven; rend rent; rive riven; saw sawn; seethe sodden; sew sewn; shave shaven
    shear shorn; shew shewn; shine shone; shit shat; shoe shod; show shown; smell smelt; sneak snuck; sow sown
    speed sped; spell spelt; spill spilt; spoil spoilt; spotlight spotlit; strew strewn
    strive strove striven; swell swollen; thrive throve thriven; wake woke woken; wax waxen; weave wove woven
    wend went; wind wound; work wrought; wreak wrought; wrap wrapt; step stept; equip equipt
    spellbind spellbound; grave graven; load laden; drip dript; clip clipt; relay relaid;
    backslide backslid; bide bode; chide chode; bestride bestrode bestridden
    swing swang; bring brung; slay slew; countersink countersunk; heave hoven; shape shapen;
    hamstring hamstrung
    ghostwrite ghostwrote ghostwritten; typewrite typewrote typewritten; handwrite handwrote handwritten
    alight alit; awaken awoken; outshine outshone; reave reft; forswear forswore forsworn
"""
_CLASSICAL = (
    ("a", "um"), ("a", "on"), ("i", "us"), ("ae", "a"), ("æ", "a"), ("ices", "ex"), ("ices", "ix"),
    ("ces", "x"), ("ges", "x"), ("es", "is"), ("ides", "is"), ("ata", "a"), ("era", "us"), ("ora", "us"),
    ("ina", "en"), ("eaux", "eau"), ("eux", "eu"), ("oux", "ou"), ("im", ""), ("i", "o"), ("i", "e"),
)  # fmt: skip
_NATIVE = (
    ("men", "man"), ("people", "person"), ("children", "child"), ("teeth", "tooth"), ("feet", "foot"),
    ("geese", "goose"), ("mice", "mouse"), ("lice", "louse"), ("pence", "penny"), ("oxen", "ox"),
    ("brethren", "brother"), ("staves", "staff"), ("ies", "ey"), ("ier", "ey"), ("iest", "ey"),
)  # fmt: skip
_WORDS = frozenset(
    (
        "better:good better:well best:good best:well worse:bad worst:bad worse:ill worst:ill less:little"
        " least:little more:much more:many most:much most:many further:far farther:far furthest:far"
        " farthest:far elder:old eldest:old me:i him:he us:we them:they an:a others:another monies:money"
        " messieurs:monsieur fellahin:fellah viscera:viscus femora:femur cortices:cortex corpora:corpus"
        " ephemerides:ephemeris shyer:shy shyest:shy dryer:dry dryest:dry drier:dry beaux:beau"
        " chateaux:chateau"
        " kronor:krona lire:lira libretti:libretto goyim:goy kibbutzim:kibbutz octopi:octopus crueller:cruel"
        " cruellest:cruel pricier:pricey priciest:pricey dicier:dicey homier:homey virtuosi:virtuoso"
        " upped:up upping:up passersby:passerby mademoiselles:mademoiselle"
        " axes:axis bases:basis data:datum people:person dice:die skied:ski eying:eye"
    ).split()
)
"""What no rule tells, as form:base."""


def _read(table: str) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for verb in filter(None, re.split(r"[;\n]\s*", table.strip())):
        base, *forms = verb.split()
        found[base] = found.get(base, frozenset()) | frozenset(forms)
    return found


_NO_REGULAR_PAST = _read(_ALWAYS)
_PAST = {
    verb: _NO_REGULAR_PAST.get(verb, frozenset()) | forms
    for verb, forms in {**_NO_REGULAR_PAST, **_read(_BESIDES)}.items()
}
_PREFIX = re.compile(
    "over|under|out|up|with|fore|for|re|un|mis|inter|pre|in|off|on|down|baby-?|breast|way|gain"
)
"""What may stand before a strong verb and leaves it strong; "target" is none of "get"."""
_FEWEST_BEFORE = 2
"""Letters that stand before a strong verb or an ending, at least."""


def is_irregular(form: str, base: str) -> bool:
    """Whether a form is an irregular form of a word, as far as English grammar tells: "overtook" of
    "overtake", "larvae" of "larva"; but "ext" for "extension" is an abbreviation.
    """
    return (
        f"{form}:{base}" in _WORDS or _is_strong(form, base) or _is_plural(form, base, _NATIVE + _CLASSICAL)
    )


def is_classical_plural(form: str, base: str) -> bool:
    """Whether a form looks like a Latin or Greek plural, which may also be a word of its own."""
    return f"{form}:{base}" not in _WORDS and _is_plural(form, base, _CLASSICAL)


def has_regular_past(verb: str) -> bool:
    """Whether a verb may have a past in -ed: "sing" and "overtake" do not, "smell" does too."""
    if verb in _PAST:
        return verb not in _NO_REGULAR_PAST
    prefix = _PREFIX.match(verb)
    return prefix is None or verb[prefix.end() :] not in _NO_REGULAR_PAST


def _is_strong(form: str, base: str) -> bool:
    """Whether a form is the past or participle of a strong verb, possibly with a prefix."""
    befores = (0, *range(_FEWEST_BEFORE, len(base) - 1))
    return any(form[:at] == base[:at] and form[at:] in _PAST.get(base[at:], ()) for at in befores)


def _is_plural(form: str, base: str, endings: Iterable[tuple[str, str]]) -> bool:
    return any(
        form.endswith(ending)
        and base == form.removesuffix(ending) + singular
        and (len(form) - len(ending) >= _FEWEST_BEFORE or form == ending)
        for ending, singular in endings
    )
