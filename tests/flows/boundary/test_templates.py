"""Templates that we know, that only the wiki knows, and other markup within a sentence."""

import pytest

from flows.boundary.wikitext import WikitextPage, meanings, read_page


def texts(wikitext):
    return [meaning.text for meaning in meanings(wikitext)]


def english(*lines):
    return "==English==\n\n===Noun===\n{{en-noun}}\n\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("A small animal. {{unheard of template|x}}", "A small animal."),
        ("A small animal.{{unheard of template|x}}{{another}}.", "A small animal."),
        ("“A small animal.” {{unheard of template|x}}", "“A small animal.”"),
        ("{{unheard of template|x}} A small animal.", "A small animal."),
        ("{{unheard of template|x}} To sing, {{another}}", None),
        ("A small animal {{unheard of template|x}}.", None),
        ("A small {{unheard of template|x}}.", None),
        ("The capital of {{unheard of template|x}}.", None),
        ("{{unheard of template|x}} of a ship.", None),
        ("{{unheard of template|x}} ships.", None),
        ("A {{l|en}} of war.", None),
        ("A {{l|en|}} of war.", None),
        ("A {{vern}} of war.", None),
        ("A {{taxlink||genus}}.", None),
        ("A bird ({{unheard of template}}).", None),
        ("Relating to {{gloss|{{unheard of template}}}}.", None),
        ("{{demonym-adj|en}}", None),
        ("{{place|en|}}", None),
        ("{{plural of|en|{{unheard of template}}}}", None),
        ("See https://example.org for more.", None),
        ("See [[:Template:x]] of it.", None),
        ("{{lb|en|{{unheard of template}}|US}} A small animal.", "(US) A small animal."),
        ("A [[ship|]] of war.", "A ship of war."),
        ("{{frac|3|1|2}} of it.", "3 1/2 of it."),
        ("{{frac|1|2}} of it.", "1/2 of it."),
        ("{{fraction|4}} of it.", "1/4 of it."),
        ("{{frac|1|2|3|4}} of it.", None),
        ("{{frac||2}} of it.", None),
        ("{{lb|en|Internet|;|slang}} A cat.", "(Internet; slang) A cat."),
        ("{{lb|en|US|:|slang}} A cat.", "(US: slang) A cat."),
        ("{{lb|en|US|and|Canada|slang}} A cat.", "(US and Canada, slang) A cat."),
        ("{{lb|en|US|except|Texas}} A cat.", "(US except Texas) A cat."),
        ("{{lb|en|chiefly|US|informal}} A cat.", "(chiefly US, informal) A cat."),
        ("{{lb|en|chiefly|_|US}} A cat.", "(chiefly US) A cat."),
        ("{{lb|en|dated|or|_|slang}} A cat.", "(dated or slang) A cat."),
        ("{{lb|en|;|slang|;}} A cat.", "(slang) A cat."),
        ("{{lb|en|US|;|{{unheard of template}}}} A cat.", "(US) A cat."),
    ],
)
def test_a_template_that_shows_nothing_to_us_never_leaves_a_hole(wikitext, text):
    assert texts(english(f"# {wikitext}")) == ([text] if text else [])


def test_unknown_templates_are_named_as_they_are_written():
    page = read_page(
        english(
            "# A {{odd|x|{{l|en|y}}}} of {{gloss|a {{rare}} thing}}.",
            "# {{lb|en|US}} {{odd|x|{{l|en|y}}}}",
            "# A {{l|en}} {{senseid|en|x}}.",
        )
    )
    assert page == WikitextPage((), ("{{odd|x|{{l|en|y}}}}", "{{rare}}", "{{l|en}}"))
    assert read_page(english("# {{lb|en|US}} A {{l|en|ship}}. {{defdate|from 1800}}")).unknown == ()


@pytest.mark.parametrize(
    ("expansion", "text"),
    [
        ("[[vessel#English|vessel]]", "A vessel of war."),
        ("<span class=\"x\" lang=\"en\">''vessel''</span>", "A vessel of war."),
        ("vessel[[Category:English ships|*]]<templatestyles src='a.css' />", "A vessel of war."),
        ("vessel<span style='display: none'>hidden</span>\n", "A vessel of war."),
        ("\u2066vessel\u2069&lrm;", "A vessel of war."),
        ("", "A of war."),
        ("[[:Template:odd]]", None),
        ("{{{1}}}", None),
        ("{{odd|x}}", None),
        ('<strong class="error"><span class="scribunto-error">Lua error</span></strong>', None),
        ('<span class="error">Template loop detected: [[Template:odd]]</span>', None),
        ("{| class='box'\n| vessel\n|}", None),
        ("vessel " * 1000, None),
    ],
)
def test_what_the_wiki_expands_is_read_in_its_place(expansion, text):
    expansions = {"{{odd|x}}": expansion, "{{gone}}": ""}
    page = english("# A {{odd|x}} of war{{gone}}.")
    assert [m.text for m in meanings(page, expansions=expansions)] == ([text] if text else [])
    assert read_page(page, expansions=expansions).unknown == ()


def test_a_form_that_only_the_wiki_can_tell_names_its_lemma():
    shown = (
        "<span class='form-of-definition use-with-mention'>[[Appendix:Glossary#plural|plural]] of <span"
        " class='form-of-definition-link'><i class='Latn mention'>[[mouse#English|mouse]]</i></span></span>"
    )
    (meaning,) = meanings(english("# {{odd form|x}}."), expansions={"{{odd form|x}}": shown})
    assert (meaning.text, meaning.form_of) == ("plural of mouse.", "mouse")


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("A ''ship {{l|en|captain}} who keeps the log.", "A ship captain who keeps the log."),
        ("A '''ship of [[war]].", "A ship of war."),
        ("A ship of war.''", "A ship of war."),
        ("A '''''ship of'' {{l|en|war}}.", "A ship of war."),
        ("{{gloss|a ''ship}} of war.", "(a ship) of war."),
        ("The l'''amour'' of France.", "The l'amour of France."),
        ("A sailor's ''ship'''s log.", "A sailor's ship's log."),
        ("A ''''ship'''' of war.", "A 'ship' of war."),
        ("A [[ship|''ship]] of war.", "A ship of war."),
    ],
)
def test_quotes_are_markup_whether_or_not_they_are_closed(wikitext, text):
    assert texts(english(f"# {wikitext}")) == [text]


@pytest.mark.parametrize(
    "mark", [*"\u200e\u200f\u061c\u202a\u202e\u2066\u2067\u2068\u2069", "&lrm;", "&#x2067;"]
)
def test_direction_marks_vanish(mark):
    assert texts(english(f"# {{{{lb|en|{mark}US}}}} A {mark}ship{mark} of {{{{l|en|{mark}war}}}}.")) == [
        "(US) A ship of war."
    ]


def test_joiners_stay_and_broken_characters_go():
    line = "# A می\u200cخواهم \ud83dship &#xD800;of war."
    assert texts(english(line)) == ["A می\u200cخواهم ship of war."]
