from __future__ import annotations

from tests.world.wikimedia.encyclopaedia import Encyclopaedia, capital
from tests.world.wikimedia.pages import Page, Redirect
from tests.world.wikimedia.wikipedia_pages import page


def test_a_found_page_has_the_documented_keys(read, known):
    title = known["article"][0]
    found = page(read.intros(title), title)
    assert list(found)[:5] == ["pageid", "ns", "title", "extract", "pageprops"]
    assert {
        "touched",
        "lastrevid",
        "length",
        "fullurl",
        "canonicalurl",
        "contentmodel",
        "pagelanguage",
    } < set(found)
    assert found["ns"] == 0
    assert found["fullurl"] == f"https://en.wikipedia.org/wiki/{title.replace(' ', '_')}"
    assert set(found["pageprops"]) == {"wikibase_item"}
    assert found["extract"].startswith((title, f"To {title[0].lower()}"))


def test_a_whole_batch_is_one_answer(read, known):
    asked = known["article"][:20]
    body = read.intros(*asked)
    assert body["batchcomplete"] is True
    assert "continue" not in body
    assert [found["pageid"] for found in body["query"]["pages"]] == sorted(
        found["pageid"] for found in body["query"]["pages"]
    )
    assert all(found["extract"] for found in body["query"]["pages"])
    assert {found["title"] for found in body["query"]["pages"]} == set(asked)


def test_titles_are_normalised(read, known):
    title = known["article"][0]
    small = title[0].lower() + title[1:]
    body = read.intros(f" {small}_")
    assert body["query"]["normalized"] == [{"fromencoded": False, "from": f" {small}_", "to": title}]
    assert page(body, title)["extract"]


def test_redirects_are_followed_and_told(read, known):
    (title, to), (section, other) = known["redirect"][0], known["section"][0]
    body = read.intros(title, section)
    assert {"from": title, "to": to} in body["query"]["redirects"]
    assert {"from": section, "to": other, "tofragment": "Name"} in body["query"]["redirects"]
    assert {found["title"] for found in body["query"]["pages"]} == {to, other}
    hollow = page(read.raw(titles=title, prop="info").json(), title)
    assert hollow["redirect"] is True


def test_what_is_not_there_is_told_in_its_way(read, known):
    body = read.intros("Zzqxv", "[bad]", "", "de:Hund", "Talk:Dog", "x" * 300)
    missing = page(body, "Zzqxv")
    assert list(missing)[:3] == ["ns", "title", "missing"]
    assert missing["missing"] is True
    assert missing["canonicalurl"].endswith("/wiki/Zzqxv")
    assert page(body, "[bad]") == {
        "title": "[bad]",
        "invalidreason": 'The requested page title contains invalid characters: "[".',
        "invalid": True,
    }
    assert (
        page(body, "")["invalidreason"]
        == "The requested page title is empty or contains only a namespace prefix."
    )
    assert "too long" in page(body, "x" * 300)["invalidreason"]
    assert page(body, "Talk:Dog")["ns"] == 1
    assert body["query"]["interwiki"] == [{"title": "de:Hund", "iw": "de"}]
    assert page(read.intros(known["missing"][0]), known["missing"][0])["missing"] is True


def test_lists_of_meanings_lead_to_an_article_each(read, known):
    title = known["list"][0]
    found = page(read.intros(title), title)
    assert found["pageprops"]["disambiguation"] == ""
    assert found["extract"].startswith(f"{title} most commonly refers to:\n")
    links = page(read.raw(titles=title, prop="links").json(), title)["links"]
    assert len(links) >= 3
    articles = read.intros(*(link["title"] for link in links))["query"]["pages"]
    assert all(
        article["extract"].startswith(title) and "disambiguation" not in article["pageprops"]
        for article in articles
    )


def test_more_titles_than_extracts_are_continued(read, known):
    asked = known["article"][:25]
    first = read.intros(*asked)
    assert first["continue"] == {"excontinue": 20, "continue": "||pageprops|info"}
    assert "batchcomplete" not in first
    second = read.intros(*asked, **{key: str(value) for key, value in first["continue"].items()})
    assert second["batchcomplete"] is True
    extracts = [
        {found["title"] for found in body["query"]["pages"] if "extract" in found} for body in (first, second)
    ]
    assert [len(titles) for titles in extracts] == [20, 5]
    assert extracts[0] | extracts[1] == set(asked)


def test_extracts_obey_their_parameters(read, known):
    title = known["article"][0]
    assert read.intros(title, exsentences="1")["query"]["pages"][0]["extract"].count(". ") == 0
    assert len(read.intros(title, exchars="40")["query"]["pages"][0]["extract"]) <= 43
    assert (
        read.raw(titles=title, prop="extracts", exintro="1")
        .json()["query"]["pages"][0]["extract"]
        .startswith("<p>")
    )
    whole = read.raw(titles="|".join(known["article"][:3]), prop="extracts", explaintext="1").json()
    assert "lowered to 1" in whole["warnings"]["extracts"]["warnings"]
    assert sum("extract" in found for found in whole["query"]["pages"]) == 1


def test_most_nouns_have_a_page_and_the_seed_says_which(encyclopaedia):
    titles = [capital(lemma.text) for lemma in encyclopaedia._lexicon.lemmas(2000, 500)]
    found = encyclopaedia.find(titles)
    assert 0.4 < len(found) / len(titles) < 0.85
    assert found == encyclopaedia.find(titles)
    other = Encyclopaedia(encyclopaedia._lexicon, seed=1).find(titles)
    assert set(found) != set(other)


def test_redirects_lead_to_pages(encyclopaedia):
    titles = [capital(lemma.text) for lemma in encyclopaedia._lexicon.lemmas(0, 1500)]
    targets = {found.to for found in encyclopaedia.find(titles).values() if isinstance(found, Redirect)}
    assert len(targets) > 25
    reached = encyclopaedia.find(sorted(targets))
    assert set(reached) == targets
    assert all(isinstance(found, Page) for found in reached.values())
