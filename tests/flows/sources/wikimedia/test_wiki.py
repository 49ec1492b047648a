"""From the asked titles to their pages, whatever normalisations and redirects lie between."""

from hypothesis import given
from hypothesis import strategies as st

from flows.sources.wikimedia.wiki import (
    MAX_TITLE_BYTES,
    WikiQuery,
    find_pages,
    may_be_title,
    merge_queries,
    title_of,
)

NAMES = [f"T{n}" for n in range(12)]
names = st.sampled_from(NAMES)


@st.composite
def wikis(draw):
    """Pages, redirects between any titles (chains and circles included), normalisations, and the titles that
    are asked for.
    """
    redirects = draw(st.dictionaries(names, names, max_size=10))
    pages = draw(st.sets(names)) - set(redirects)
    others = draw(st.sets(names)) - set(redirects) - pages
    asked = draw(
        st.lists(names.map(str.lower) | names | st.sampled_from(["zz", "T99"]), max_size=15, unique=True)
    )
    return redirects, pages, others, asked


def answered(redirects, pages, others, asked, shuffled):
    """What the API says: it normalises the first letter, follows redirects as long as they lead to a title it
    has not seen, in any order.
    """
    normal = {title: title.capitalize() for title in asked if title != title.capitalize()}
    steps, ends = {}, set()
    for title in asked:
        at, seen = normal.get(title, title), set()
        while at in redirects and at not in seen:
            seen.add(at)
            steps[at] = redirects[at]
            at = redirects[at]
        if at not in redirects:
            ends.add(at)
    listed = [
        {"title": end, "ns": 0, "pageid": 1}
        if end in pages
        else {"title": end, "ns": 14}
        if end in others
        else {"title": end, "ns": 0, "missing": True}
        for end in sorted(ends)
    ]
    shuffled.shuffle(listed)
    return WikiQuery.model_validate(
        {
            "normalized": [{"fromencoded": False, "from": a, "to": b} for a, b in normal.items()],
            "redirects": [{"from": a, "to": b} for a, b in steps.items()],
            "pages": listed,
        }
    )


def walk(title, redirects, pages):
    at = title.capitalize()
    for _ in range(10):
        if at not in redirects:
            return at if at in pages else None
        at = redirects[at]
    return None


@given(wikis(), st.randoms(use_true_random=False))
def test_each_title_finds_the_page_at_the_end_of_its_own_way(wiki, shuffled):
    redirects, pages, others, asked = wiki
    found = find_pages(asked, answered(redirects, pages, others, asked, shuffled))
    expected = {title: end for title in asked if (end := walk(title, redirects, pages)) is not None}
    assert {title: item.page.title for title, item in found.items()} == expected
    assert {title for title, item in found.items() if item.is_redirected} == {
        title for title in expected if title.capitalize() in redirects
    }


@given(wikis(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_an_answer_in_parts_is_the_same_as_in_one(wiki, shuffled, size):
    redirects, pages, others, asked = wiki
    whole = answered(redirects, pages, others, asked, shuffled)
    listed = [page.model_dump(exclude_defaults=True) for page in whole.pages]
    parts = [
        {
            "normalized": [step.model_dump(by_alias=True) for step in whole.normalized],
            "redirects": [step.model_dump(by_alias=True) for step in whole.redirects],
            "pages": [
                {**page, "extract": "text"} if at // size == n else page for at, page in enumerate(listed)
            ],
        }
        for n in range(len(listed) // size + 1)
    ]
    merged = WikiQuery.model_validate(merge_queries(parts))
    assert find_pages(asked, merged).keys() == find_pages(asked, whole).keys()
    assert all(page.extract == "text" for page in merged.pages)


def test_a_way_of_more_than_ten_steps_leads_nowhere():
    steps = [{"from": f"A{n}", "to": f"A{n + 1}"} for n in range(11)]
    query = WikiQuery.model_validate({"redirects": steps, "pages": [{"title": "A11"}]})
    assert find_pages(["A0"], query) == {}
    assert find_pages(["A1"], query)["A1"].page.title == "A11"


def test_a_title_that_was_not_composed_comes_back_percent_encoded():
    steps = [{"fromencoded": True, "from": "Ce%CC%81zanne", "to": "Cézanne"}]
    query = WikiQuery.model_validate({"normalized": steps, "pages": [{"title": "Cézanne"}]})
    assert find_pages(["Ce\u0301zanne"], query)


@given(st.text(max_size=40))
def test_a_title_that_is_asked_for_has_one_form_and_no_separator(text):
    title = title_of(text)
    assert title_of(title) == title
    if may_be_title(text):
        assert "|" not in title
        assert "#" not in title
        assert "\x1f" not in title
        assert len(title.encode(errors="replace")) <= MAX_TITLE_BYTES
