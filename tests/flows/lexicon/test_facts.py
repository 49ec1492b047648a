"""Forms that are told as facts, and examples that the gate lets in: each line is true in English."""

import pytest

from flows.core.identity.mentions import mentions

MENTIONED = """
    take off|She took her old coat off at once.
    take off|The plane's taking off now.
    look forward to|I'm looking forward to it.
    give up|He gave it up.
    put up with|She couldn't put up with it.
    run out of|We've run out of milk.
    break down|Negotiations broke down.
    turn on|Turn the light on, please.
    make up one's mind|He made up his mind.
    make up one's mind|They have made up their minds.
    lose one's temper|She lost her temper.
    kick the bucket|He kicked the bucket.
    by and large|By and large, it worked.
    mother-in-law|Her mothers-in-law met.
    passer-by|Passers-by stared.
    ice cream|We ate ice-cream.
    ice cream|Two ice creams, please.
    ice-cream|We ate ice cream.
    email|She e-mailed me.
    e-mail|I emailed her.
    co-operate|They cooperated.
    cooperate|They co-operated.
    well-being|Wellbeing matters.
    wellbeing|Her well-being matters.
    goose|The geese flew.
    ox|Oxen pulled it.
    child|The children's toys broke.
    dog|The dog's tail wagged.
    dog|Both dogs' tails wagged.
    go|They went home.
    be|I am here.
    be|It's late, it was early.
    good|This is better.
    bad|It got worse.
    mimic|She mimicked him.
    panic|He panicked.
    picnic|We were picnicking.
    stop|It stopped.
    hop|It hopped.
    hope|We hoped.
    die|He is dying.
    lie|He lay there.
    lay|He laid it down.
    travel|She travelled far.
    travel|She traveled far.
    café|They met in a cafe.
    naïve|How naive!
    façade|The facade fell.
    résumé|Send your résumé.
    résumé|Send your resumé.
    happy|She is happier now.
    big|The biggest one won.
    wolf|Wolves howled.
    leaf|The leaves fell.
    knife|Two knives lay there.
    criterion|The criteria changed.
    analysis|Several analyses failed.
    datum|The data show it.
    index|The indices rose.
    index|The indexes rose.
    cactus|Cacti need little water.
    o'clock|It's five o’clock.
    rock 'n' roll|They play rock ’n’ roll.
    U.S.|The U.S. economy grew.
    Ph.D.|She has a PhD.
    AT&T|AT&T grew.
    TV|Two TVs stood there.
    CEO|The CEO's car.
    DVD|DVDs are old.
    Paris|Parisian food is not Paris food.
    iPhone|iPhones sell.
    smartphone|Smartphones are everywhere.
    selfie|She took selfies.
    google|He googled it.
    colour|The colors faded.
    color|The colours faded.
    organise|They organized it.
    sheep|Sheep graze.
    trousers|His trousers tore.
    scissors|The scissors are sharp.
    fly|He flew off.
    swim|She swam.
    begin|It's begun.
    write|Written words stay.
    tie|He's tying a knot.
    singe|He singed his hair.
    set up|The set-up was done; they set it all up.
    sit-in|They held a sit-in.
    forget-me-not|Forget-me-nots bloomed.
    jack-of-all-trades|He's a jack of all trades.
    straightforward|A straight-forward answer.
    cross-section|A cross section of people.
    dos and don'ts|The dos and don'ts.
    can't|He can’t go.
    won't|She won't.
    step on it|He stepped on it.
    get along with|They got along well with her.
    call off|The match was called off.
    bring up|She brought up two sons.
    bring up|She brought the two young boys up alone.
    take place|It took place.
    take part|She takes part.
    catch fire|The barn caught fire.
    honour|We honored them.
    centre|The center is open.
    analyse|She analyzed it.
    catalogue|Two catalogs came.
    colour|It is colorful and has colors.
"""
NOT_MENTIONED = """
    cod|They were coding.
    corn|He stood in the corner.
    cat|The category is wrong.
    hop|She hoped.
    hope|It hopped.
    plan|The plane landed.
    car|They care.
    bus|He is busy.
    is|This isle.
    pen|The penal code.
    rat|The rating fell.
    star|They stared.
    bar|It's bare.
    rob|Her robe.
    lit|A little.
    numb|The number.
    sing|He singed it.
    wing|A wine.
    don|Don't go.
    ill|I'll go.
    were|We're here.
    wont|He won't.
    shed|She'd go.
    hell|He'll come.
    its|It's here.
    cant|I can't.
    rose|The wine is rosé.
    rosé|A rose grew.
    resign|They re-signed it.
    take off|He took the offer.
    give up|Give me the upper one.
    ice cream|Ice and cream.
    hot dog|The hot day; a dog barked.
    black hole|The black cat's hole.
    look after|He looked, and afterwards left.
    united states|The states were united.
    man|The woman came.
    men|The omen.
    art|Party.
    ant|The antics.
    we|West.
    leave|A leaf fell.
    new|The news is bad.
    physic|Physics is fun.
    evening|It was even.
    wed|On Wednesday.
    pass|The past.
    lay|He told lies.
    co-op|The chicken coop.
    US|Give it to us.
    IT|I saw it.
    led|He leads.
    hen|When?
    step|His stepmother.
    under|He understands.
    made up|A maid up there.
    mat|The matter.
    caster|The caste system.
    pol|Polling began.
    prize|He prised it open.
    poring|It is pouring.
    mourning|Good morning.
    US|It is for us all.
    WHO|Who is it?
"""
FORMS = """
    mice|mouse
    women|woman
    criteria|criterion
    oases|oasis
    wolves|wolf
    dies|die
    was|be
    has|have
    trafficked|traffic
    stringed|string
    ashes|ash
    taken off|take off
    mothers-in-law|mother-in-law
    passers-by|passer-by
    hot dogs|hot dog
    axes|axe
    axes|axis
    bases|basis
    bases|base
    lives|life
    lives|live
    found|find
    wound|wind
    lay|lie
    lit|light
    brethren|brother
    happiest|happy
    googled|google
    freer|free
    lying|lie
    singeing|singe
    does|do
    leaves|leaf
    leaves|leave
"""
NO_FORMS = """
    during anything something everything this his whereas versus unless mars wales corner number
    tower sacred hundred weed pudding ceiling species news physics lens bus atlas series cosmos
    timber sterling hatred kindred
"""


def pairs(table):
    return [tuple(line.strip().split("|")) for line in table.strip().splitlines()]


@pytest.mark.parametrize(("word", "example"), pairs(MENTIONED))
def test_an_example_with_the_word_is_let_in(morphology, word, example):
    assert mentions(example, word, morphology.lemmas_in([example]))


@pytest.mark.parametrize(("word", "example"), pairs(NOT_MENTIONED))
def test_an_example_without_the_word_is_refused(morphology, word, example):
    assert not mentions(example, word, morphology.lemmas_in([example]))


@pytest.mark.parametrize(("form", "word"), pairs(FORMS))
def test_a_form_is_one_of_its_word(morphology, form, word):
    assert word in morphology.words_of(form)


@pytest.mark.parametrize("word", NO_FORMS.split())
def test_what_ends_like_a_form_is_none(morphology, word):
    assert morphology.words_of(word) == ()


@pytest.mark.parametrize(
    ("form", "base"),
    [
        ("was", "wa"),
        ("has", "ha"),
        ("dies", "dy"),
        ("wolves", "wolfe"),
        ("oases", "oas"),
        ("trafficked", "traffick"),
        ("polling", "pol"),
        ("stringed", "stringe"),
        ("ashes", "ashe"),
    ],
)
def test_no_form_is_told_of_a_name_or_of_no_word(morphology, form, base):
    assert morphology.words_of(form)
    assert base not in morphology.words_of(form)
