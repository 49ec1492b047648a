"""Wikitext as Wiktionary writes it, read into plain meanings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.boundary.markup import read_markup
from flows.boundary.wikitext import MEANING_CHARACTERS, MOST_MEANINGS, MOST_OF_A_PART, meanings

RECONCILE = """{{also|réconcile}}
==Translingual==

===Symbol===
{{mul-symbol}}

# {{lb|mul|standards}} Not an English meaning at all.

==English==
{{wikipedia|lang=en}}
<!-- a note
==French==
that hides a heading -->

===Etymology===
From {{inh|en|enm|reconsilen}}, <ref>{{R:OED}}</ref> # not a sense

===Pronunciation===
* {{IPA|en|/ˈɹɛkənsaɪl/}}

===Verb===
{{en-verb}}

# {{senseid|en|friends}} {{lb|en|transitive}} To [[restore]] a friendly [[relationship]]; \
to bring back to [[harmony|'''harmony''']].
#: {{ux|en|to '''reconcile''' people who have quarrelled}}
#: {{syn|en|accord|conciliate}}
#* {{quote-book|en|year=1611|title=Bible
|passage=we pray you in Christ's stead, be ye '''reconciled''' to God.}}
#*: Another part of the quotation.
# {{lb|en|transitive|accounting}} To make things [[compatible]] or [[consistent]]. {{defdate|from 14th c.}}
# {{lb|en|obsolete}} To [[cleanse]] a place.
# {{rfdef|en}}

====Derived terms====
{{col|en|reconcilable|reconciler}}
# not a sense either

====Translations====
{{trans-top|to restore}}
* French: {{t+|fr|réconcilier}}
{{trans-bottom}}

===Noun===
{{en-noun|-}}

# {{n-g|Used as a name for the act}} of {{l|en|reconcile|reconciling}} &mdash; H<sub>2</sub>O &amp; more.

==French==

===Verb===
{{head|fr|verb form}}

# {{inflection of|fr|réconcilier||first-person}}
"""


def texts(wikitext):
    return [meaning.text for meaning in meanings(wikitext)]


def english(*lines, heading="Noun"):
    return f"==English==\n\n==={heading}===\n{{{{en-noun}}}}\n\n" + "\n".join(lines) + "\n"


def test_a_page_is_read_section_by_section():
    found = meanings(RECONCILE)
    assert [(meaning.part_of_speech, meaning.text) for meaning in found] == [
        ("verb", "(transitive) To restore a friendly relationship; to bring back to harmony."),
        ("verb", "(transitive, accounting) To make things compatible or consistent."),
        ("noun", "Used as a name for the act of reconciling — H2O & more."),
        ("verb", "(obsolete) To cleanse a place."),
    ]
    assert [meaning.is_faded for meaning in found] == [False, False, False, True]
    assert all(meaning.form_of is None for meaning in found)


def test_another_language_has_meanings_of_its_own():
    (meaning,) = meanings(RECONCILE, language="French")
    assert meaning.form_of == "réconcilier"
    assert meanings(RECONCILE, language="German") == ()


@pytest.mark.parametrize(
    "page",
    [
        "",
        "==French==\n===Noun===\n# x y z",
        "===Noun===\n# no language at all",
        "==English==\nno part of speech\n# text",
    ],
)
def test_a_page_without_english_meanings_has_none(page):
    assert meanings(page) == ()


def test_etymologies_of_their_own_lower_the_headings():
    first = "== English ==\n===Etymology 1===\n====Noun====\n# A bird.\n"
    page = first + "===Etymology 2===\n====Adjective 2====\n# Very fast.\n=====Synonyms=====\n# nothing\n"
    assert [(meaning.part_of_speech, meaning.text) for meaning in meanings(page)] == [
        ("noun", "A bird."),
        ("adjective", "Very fast."),
    ]


def test_labels_of_a_line_that_has_nothing_else_hold_for_the_lines_below_it():
    page = english(
        "# {{lb|en|transitive}}",
        "## {{lb|en|chiefly|_|US}} To understand.",
        "### To see.",
        "## To know.",
        "# To be.",
        heading="Verb",
    )
    assert texts(page) == [
        "(transitive, chiefly US) To understand.",
        "(transitive) To see.",
        "(transitive) To know.",
        "To be.",
    ]


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("A {{l|en|small}} {{m|en|animal||gloss}}.", "A small animal."),
        ("A {{l|en|ox|oxen}} of {{w|lang=fr|Paris (ville)|Paris}}.", "A oxen of Paris."),
        ("A [[w:Foo (bar)|foo]] in [[w:Paris]] or [[Rome#English]].", "A foo in Paris or Rome."),
        ("A kind of tree {{gloss|any of several}}.", "A kind of tree (any of several)."),
        ("{{non-gloss definition|Used to show [[surprise]].}}", "Used to show surprise."),
        ("{{qualifier|in the plural}} Money.", "(in the plural) Money."),
        ("A wolf, {{taxlink|Canis lupus|species}}.", "A wolf, Canis lupus."),
        ("Born {{circa|1900}} {{,}} or in 44 {{BCE}}.", "Born c. 1900, or in 44 BCE."),
        ("{{frac|1|2}} of {{1|it}}[[File:x.png|thumb|A picture]].", "1/2 of it."),
        ("'''Bold''' and ''italic'' [https://example.org words]<ref>no</ref>.", "Bold and italic words."),
        ("A thing<!-- not this -->.<br/>And more.", "A thing. And more."),
        ("{{place|en|city|s/California|c/United States}}.", "A city in California, the United States."),
        (
            "{{place|en|An <<island>> in the <<ocean/Pacific>>, part of <<c/Japan>>|t=x}}",
            "An island in the Pacific, part of Japan",
        ),
        ("{{place|en|capital city/and/port|of|c/Estonia}}.", "A capital city and port of Estonia."),
        ("{{surname|en|from=occupations}}.", "a surname."),
        ("{{given name|en|female}}.", "a female given name."),
        ("{{initialism of|en|[[deoxyribonucleic]] acid}}.", "initialism of deoxyribonucleic acid."),
        ("{{abbr of|en|doctor}}", "abbreviation of doctor"),
        ("{{synonym of|en|dog||the animal}}", "synonym of dog (the animal)"),
        ("{{demonym-noun|en|France}}", "A native or inhabitant of France"),
    ],
)
def test_templates_are_written_out_as_readers_see_them(wikitext, text):
    (meaning,) = meanings(english(f"# {wikitext}"))
    assert meaning.text == text
    assert meaning.form_of is None


@pytest.mark.parametrize(
    ("wikitext", "text", "lemma"),
    [
        ("{{plural of|en|mouse}}.", "plural of mouse.", "mouse"),
        ("{{en-third-person singular of|walk}}", "third-person singular of walk", "walk"),
        ("{{en-past of|walk}}", "past tense of walk", "walk"),
        ("{{infl of|en|be||1|s|pres}}", "inflection of be", "be"),
        ("{{alt form|en|colour#English|color}}", None, None),
        ("{{altform|en|colour}}", "alternative form of colour", "colour"),
        ("{{misspelling of|en|receive}}", "misspelling of receive", "receive"),
        ("{{form of|en|Obsolete spelling|music}}", "Obsolete spelling of music", "music"),
        ("{{lb|en|rare}} {{plural of|en|ox}}", "(rare) plural of ox", "ox"),
    ],
)
def test_forms_of_another_word_name_it(wikitext, text, lemma):
    (meaning,) = meanings(english(f"# {wikitext}"))
    if text is not None:
        assert (meaning.text, meaning.form_of) == (text, lemma)
    else:
        assert "color" in meaning.text


def test_a_form_that_says_more_is_a_meaning():
    (meaning,) = meanings(english("# {{plural of|en|ox}}; several cattle that pull together."))
    assert meaning.form_of is None
    (meaning,) = meanings(english("# {{alternative spelling of|en|colour||the hue of a thing}}"))
    assert meaning.form_of is None


@pytest.mark.parametrize(
    "wikitext",
    [
        "The value of {{unheard of template|x}} in metres.",
        "The formula <math>a^2</math> of it.",
        "Broken {{lb|en|left open",
        "Broken [[link",
        "A table {|| of things",
        "{{rfdef|en}}",
        "{{&lit|en|bite|dust}}",
        "{{only used in|en|kit and caboodle}}",
        "X.",
        "",
    ],
)
def test_what_cannot_be_written_out_whole_is_left_out_rather_than_shown_torn(wikitext):
    assert meanings(english(f"# {wikitext}")) == ()


def test_control_characters_and_entities_for_markup_become_harmless():
    (text,) = texts(english("# A \x00thing\x1b[0m that\u202e is &#8203;here\ufeff."))
    assert text.isprintable()


def test_many_and_long_meanings_are_bounded():
    def part(number):
        return ["===Noun===", *(f"# Meaning {number}.{n} {'very ' * 80}long." for n in range(30))]

    assert len(texts("\n".join(["==English==", *part(0)]))) == MOST_OF_A_PART
    found = texts("\n".join(["==English==", *(line for number in range(9) for line in part(number))]))
    assert len(found) == MOST_MEANINGS
    assert all(len(text) <= MEANING_CHARACTERS for text in found)


@pytest.mark.parametrize("heading", ["===Noun===", " === Noun === ", "====Noun 2====", "======Noun======"])
def test_a_heading_is_told_by_its_equals_signs(heading):
    assert texts(f"==English==\n{heading}\n# A small bird.") == ["A small bird."]


@pytest.mark.parametrize(
    "line", ["=Noun=", "======= Noun =======", "===Noun", "Noun===", "===", "== =a= ==", "# ===Noun==="]
)
def test_what_only_looks_like_a_heading_is_none(line):
    assert texts(f"==English==\n{line}\n# A small bird.") == []


def test_a_meaning_that_comes_twice_is_there_once():
    assert texts(english("# A bird.", "# A bird.")) == ["A bird."]


def test_deep_nesting_ends():
    assert meanings(english("# " + "{{l|en|" * 300 + "x" + "}}" * 300)) == ()
    assert read_markup("[[" * 2000).text is not None


@given(st.text(alphabet=st.sampled_from("ab {}[]|=#*:'<>/&;!\n-"), max_size=200))
def test_whatever_stands_there_no_markup_gets_through(wikitext):
    for meaning in meanings(english(f"# {wikitext}")):
        assert not {"{{", "}}", "[[", "]]"} & {meaning.text[at : at + 2] for at in range(len(meaning.text))}
        assert len(meaning.text) <= MEANING_CHARACTERS
        assert meaning.text.isprintable()


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("__NOTOC__ A hound ~~~~.", "A hound."),
        ("A hound &bogus; dog.", None),
        ("A hound &#xFFFFFFFF; dog.", None),
        ("-{zh-cn:x;zh-tw:y}- hound is.", None),
        ("A " + "(" * 500 + " hound.", None),
        ("A " + "''" * 500 + " hound.", None),
        ("{{plural of|en|}}", None),
        ("{{plural of|is}}", "plural of is"),
    ],
)
def test_what_a_wiki_does_not_show_or_cannot_read_leaves_no_hole(line, text):
    found = meanings(f"==English==\n===Noun===\n# {line}\n")
    assert [meaning.text for meaning in found] == ([] if text is None else [text])
