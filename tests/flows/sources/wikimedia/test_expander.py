"""Templates that the wiki expands for us: many at once, each once, and none that harms another."""

import re

import pytest
from odd_wiki import odd_wiki

from flows.core.words import parse_word
from flows.sources.wikimedia.expander import MOST_PER_PAGE, MOST_TEMPLATES, Expander
from flows.sources.wikimedia.wiktionary import Wiktionary

MARK = re.compile(r"\([0-9a-f]{16}\.\d+\)")


def words(*texts):
    return [parse_word(text) for text in texts]


def page(title, *lines):
    content = "==English==\n===Noun===\n" + "\n".join(lines)
    return {
        "ns": 0,
        "title": title,
        "revisions": [{"revid": 1, "slots": {"main": {"content": content}}}],
    }


def wiki(*pages, expand=lambda text: text):
    """Answers with the pages that are asked for, and expands by a function of the text."""
    known = {item["title"]: item for item in pages}

    def answer(parameters):
        if parameters["action"] == "expandtemplates":
            expanded = expand(parameters["text"])
            if not isinstance(expanded, str):
                return expanded
            return {"expandtemplates": {"wikitext": expanded}}
        asked = parameters["titles"].split("|")
        return {
            "query": {
                "pages": [known.get(title, {"ns": 0, "title": title, "missing": True}) for title in asked]
            }
        }

    return odd_wiki(answer, name="Wiktionary")


def vessels(text):
    """What `{{odd|x}}` stands for everywhere: its argument as a link."""
    return re.sub(r"\{\{odd\|([^{}]*)\}\}", r"[[\1]]", text)


def expansions(api):
    return [parameters for _, parameters, _ in api.asked if parameters["action"] == "expandtemplates"]


async def texts(api, *asked):
    found = await Wiktionary(api).look_up(words(*asked))
    return {key: [piece.text for piece in pieces] for key, pieces in found.items()}


async def test_templates_of_many_pages_are_expanded_in_one_request():
    pages = [page(f"w{n}", f"# A {{{{odd|ship{n}}}}} of war.", "# A plain thing.") for n in range(10)]
    async with wiki(*pages, expand=vessels) as api:
        found = await texts(api, *(f"w{n}" for n in range(10)))
        assert len(expansions(api)) == 1
    assert found == {f"w{n}": [f"A ship{n} of war.", "A plain thing."] for n in range(10)}


async def test_an_expansion_is_asked_for_once():
    async with wiki(page("a", "# A {{odd|x}}."), page("b", "# Another {{odd|x}}."), expand=vessels) as api:
        source = Wiktionary(api)
        await source.look_up(words("a"))
        await source.look_up(words("a", "b"))
        assert len(expansions(api)) == 1


async def test_pages_without_such_templates_cost_no_request():
    async with wiki(page("a", "# {{lb|en|US}} A {{l|en|ship}}."), expand=vessels) as api:
        assert await texts(api, "a") == {"a": ["(US) A ship."]}
        assert expansions(api) == []


async def test_the_name_of_the_page_is_its_own():
    def named(text):
        title = "zzqxpagename"
        return (
            text.replace("{{PAGENAME}}", title)
            .replace("{{own}}", f"''{title}''")
            .replace("{{plural}}", f"{title}s")
        )

    pages = [
        page("cat", "# What a {{PAGENAME}} is.", "# Several {{plural}} there.", "# A plain thing."),
        page("dog", "# What a {{own}} is."),
    ]
    async with wiki(*pages, expand=named) as api:
        assert await texts(api, "cat", "dog") == {
            "cat": ["What a cat is.", "A plain thing."],
            "dog": ["What a dog is."],
        }
        assert len(expansions(api)) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: text + text,
        lambda text: MARK.sub("", text),
        lambda text: "x" + text,
        lambda text: "".join(reversed(MARK.findall(text))),
    ],
)
async def test_an_answer_that_cannot_be_taken_apart_says_nothing(spoil):
    pages = [page("a", "# A {{odd|x}}.", "# A plain thing."), page("b", "# A {{odd|y}}.")]
    async with wiki(*pages, expand=lambda text: spoil(vessels(text))) as api:
        assert await texts(api, "a", "b") == {"a": ["A plain thing."]}


@pytest.mark.parametrize(
    "hazard",
    ["<!-- ", "-->", "<nowiki>", "</ nowiki>", "<PRE>", "<ref name=x>", "{{subst:y}}", "<includeonly>"],
)
async def test_a_template_that_could_swallow_the_next_is_not_sent(hazard):
    async with wiki(expand=vessels) as api:
        odd = "{{odd|" + hazard + "}}"
        found = await Expander(api).expand({"a": [odd, "{{odd|x}}"], "b": ["{{odd|y}}"]})
        assert found == ({"a": {"{{odd|x}}": "[[x]]"}, "b": {"{{odd|y}}": "[[y]]"}}, True)
        assert all(odd not in parameters["text"] for parameters in expansions(api))


async def test_a_wiki_that_is_busy_is_asked_again_and_nothing_is_taken_for_certain():
    answers = [{"error": {"code": "maxlag", "info": "lagged"}}, None]
    pages = [page("a", "# A {{odd|x}} of war."), page("b", "# A plain thing.")]

    def expand(text):
        return answers.pop(0) or vessels(text)

    async with wiki(*pages, expand=expand) as api:
        api._pause.begin = lambda _: None
        source = Wiktionary(api)
        first = await source.look_up(words("a", "b"))
        assert (set(first), first.unsure) == ({"b"}, {"a"})
        assert set(await source.look_up(words("a", "b"))) == {"a", "b"}


async def test_a_wiki_that_refuses_is_not_asked_again():
    refusal = {"error": {"code": "badvalue", "info": "Unrecognized value for parameter action"}}
    pages = [page("a", "# A {{odd|x}} of war.", "# A plain thing. {{odd|y}}")]
    async with wiki(*pages, expand=lambda _: refusal) as api:
        source = Wiktionary(api)
        for _ in range(2):
            found = await source.look_up(words("a"))
            assert [piece.text for piece in found["a"]] == ["A plain thing."]
            assert not hasattr(found, "unsure")
        assert len(expansions(api)) == 1


async def test_requests_are_bounded_and_the_rest_comes_next_time():
    async with wiki(expand=vessels) as api:
        expander = Expander(api)
        many = {f"p{n}": [f"{{{{odd|{n}-{m}}}}}" for m in range(20)] for n in range(10)}
        found, is_all = await expander.expand(many)
        assert (sum(map(len, found.values())), is_all) == (MOST_TEMPLATES, False)
        found, is_all = await expander.expand(many)
        assert (sum(map(len, found.values())), is_all) == (10 * MOST_PER_PAGE, True)
        assert await expander.expand({"p": ["{{odd|" + "x" * 600 + "}}"]}) == ({"p": {}}, True)
        assert len(expansions(api)) == 2
