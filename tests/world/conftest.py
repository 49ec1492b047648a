"""A world for each test, and the groq SDK to ask it with."""

from __future__ import annotations

import json

import groq
import httpx
import pytest
import pytest_asyncio

from flows.lexicon.reader import Lexicon
from tests.world.fixtures import make_world, world
from tests.world.wikimedia.encyclopaedia import Encyclopaedia, capital
from tests.world.wikimedia.pages import Page, Redirect

__all__ = ["make_world", "world"]

BIG, SMALL = "openai/gpt-oss-120b", "openai/gpt-oss-20b"
AGENT = {"user-agent": "learning-tests/1 (https://example.org; ops@example.org)"}


def strict(**fields):
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


TEXT, TEXTS = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
SCHEMAS = {
    "propose": strict(words=TEXTS),
    "define": strict(
        words={
            "type": "array",
            "items": strict(
                id=TEXT, text=TEXT, pos={"enum": ["noun", "verb", "adjective", "adverb", "phrase"]}
            ),
        }
    ),
    "enrich": strict(
        words={"type": "array", "items": strict(id=TEXT, related=TEXTS, examples=TEXTS, category=TEXT)}
    ),
    "deepen": strict(words={"type": "array", "items": strict(id=TEXT, text=TEXT, uses=TEXTS, myths=TEXTS)}),
}


def about(task, words, **more):
    """The body of a request about some words, as keyword arguments of the SDK."""
    asked = {"task": task, "words": [{"id": word, "word": word, **more} for word in words]}
    return request(task, asked)


def request(task, asked, *, system="You write a dictionary.", model=BIG):
    return {
        "model": model,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": json.dumps(asked)}],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": task, "strict": True, "schema": SCHEMAS[task]},
        },
        "reasoning_effort": "low",
        "max_completion_tokens": 4000,
    }


class Asker:
    """The groq SDK without retries, pointed at a world."""

    def __init__(self, world, **options):
        self.client = groq.AsyncGroq(base_url=world.url, api_key=world.key, max_retries=0, **options)

    async def __call__(self, **body):
        """The completion and its headers."""
        raw = await self.client.chat.completions.with_raw_response.create(**body)
        return await raw.parse(), raw.headers

    async def answer(self, **body):
        completion, _ = await self(**body)
        return json.loads(completion.choices[0].message.content)

    async def refusal(self, **body):
        """The SDK's error."""
        with pytest.raises(groq.APIError) as caught:
            await self(**body)
        return caught.value


@pytest_asyncio.fixture
async def make_asker():
    made = []

    def make(world, **options):
        made.append(Asker(world, **options))
        return made[-1]

    yield make
    for asker in made:
        await asker.client.close()


@pytest.fixture
def ask(world, make_asker):
    return make_asker(world)


class Reader:
    """Asks a wiki's Action API."""

    def __init__(self, world, client):
        self._paths = {"wikipedia": "/w/api.php", "wiktionary": "/wiktionary/w/api.php"}
        self._world, self._client = world, client

    def raw(self, wiki="wikipedia", **parameters):
        return self._client.get(
            self._world.url + self._paths[wiki],
            params={"action": "query", "format": "json", "formatversion": "2", **parameters},
        )

    def intros(self, *titles, **parameters):
        asked = {
            "redirects": "1",
            "prop": "extracts|pageprops|info",
            "exintro": "1",
            "explaintext": "1",
            "exlimit": "20",
            "inprop": "url",
            **parameters,
        }
        return self.raw(titles="|".join(titles), **asked).json()

    def entries(self, *titles):
        found = self.raw(
            "wiktionary", titles="|".join(titles), prop="revisions", rvprop="ids|content", rvslots="main"
        ).json()["query"]["pages"]
        return {
            page["title"]: page["revisions"][0]["slots"]["main"]["content"] if "revisions" in page else None
            for page in found
        }


@pytest.fixture
def make_reader():
    with httpx.Client(headers=AGENT) as client:
        yield lambda world: Reader(world, client)


@pytest.fixture
def read(world, make_reader):
    return make_reader(world)


@pytest.fixture(scope="module")
def encyclopaedia():
    with Lexicon() as lexicon:
        yield Encyclopaedia(lexicon)


@pytest.fixture(scope="module")
def known(encyclopaedia):
    """Some titles of each sort, in the world whose seed is 0."""
    titles = [capital(lemma.text) for lemma in encyclopaedia._lexicon.lemmas(1000, 1500)]
    found = encyclopaedia.find(titles)
    pages = [(title, found.get(title)) for title in titles]
    return {
        "article": [title for title, page in pages if isinstance(page, Page) and not page.is_disambiguation],
        "list": [title for title, page in pages if isinstance(page, Page) and page.is_disambiguation],
        "redirect": [
            (title, page.to) for title, page in pages if isinstance(page, Redirect) and page.fragment is None
        ],
        "section": [
            (title, page.to) for title, page in pages if isinstance(page, Redirect) and page.fragment
        ],
        "missing": [title for title, page in pages if page is None],
    }
