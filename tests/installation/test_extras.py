"""What a plain installation can do, and what it says about the rest: in processes that find no library of an
extra.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PLAIN = """
import sys

class Plain:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"groq", "google", "grpc", "mwparserfromhell", "pyarrow", "pandas"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Plain())
"""
NEED_AN_EXTRA = (
    "flows.boundary.markup",
    "flows.boundary.wikitext",
    "flows.models.chat.client",
    "flows.sources.wikimedia.wiktionary",
    "flows.stores.firestore",
)


def said(program, **environment):
    """What a program prints where no extra is installed."""
    done = subprocess.run(
        [sys.executable, "-c", PLAIN + textwrap.dedent(program)],
        env={"PATH": "/usr/bin:/bin", **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_whatever_needs_no_extra_can_be_imported_without_one():
    paths = [path.relative_to(ROOT) for room in ("flows", "service") for path in (ROOT / room).rglob("*.py")]
    modules = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths]
    wanted = [
        name
        for name in modules
        if not name.startswith((*NEED_AN_EXTRA, "flows.lexicon.build")) and not name.endswith("__main__")
    ]
    assert len(wanted) > 150
    program = f"""
        from importlib import import_module
        for name in {sorted(wanted)!r}:
            import_module(name)
        print("all")
    """
    assert said(program).endswith("all")


@pytest.mark.parametrize(
    ("environment", "program", "asked_by", "extra"),
    [
        ({}, "open_store('firestore://project/database')", "LEARN_STORE", "firestore"),
        ({"GROQ_API_KEY": "gsk_1"}, "asyncio.run(ask())", "GROQ_API_KEY", "groq"),
        ({"GROQ_API_KEY": "gsk_1", "LEARN_MODEL": "groq"}, "asyncio.run(ask())", "LEARN_MODEL", "groq"),
        (
            {"WIKIMEDIA_CONTACT": "a@example.org"},
            "load_wiktionary(Settings())",
            "WIKIMEDIA_CONTACT",
            "wikimedia",
        ),
        ({"LEARN_SOURCES": "wiktionary"}, "load_wiktionary(Settings())", "LEARN_SOURCES", "wikimedia"),
    ],
)
def test_setting_that_asks_for_a_library_that_is_not_there_names_the_extra(
    environment, program, asked_by, extra
):
    line = said(
        f"""
        import asyncio
        from flows import Settings, open_store
        from flows.errors import ConfigurationError
        from flows.models.chat.account import open_groq
        from flows.sources import load_wiktionary

        async def ask():
            async with open_groq(Settings(), None):
                pass

        try:
            {program}
        except ConfigurationError as error:
            print(error)
        """,
        **environment,
    )
    assert line.startswith(f"{asked_by}: ")
    assert f"Run: pip install 'learning-pipeline[{extra}]'. Or " in line
    assert "\n" not in line


def test_wikipedia_needs_no_extra():
    program = """
        import asyncio
        from flows import Settings, open_store
        from flows.sources import open_sources

        async def names():
            async with (
                open_store("memory://") as store,
                open_sources(Settings(), lexicon=None, cache=store) as sources,
            ):
                print([source.name for source in sources])

        asyncio.run(names())
    """
    environment = {"LEARN_SOURCES": "lexicon,wikipedia", "WIKIMEDIA_CONTACT": "a@example.org"}
    assert said(program, **environment) == "['wordnet', 'wikipedia']"


def test_doctor_names_the_extras_that_the_settings_ask_for():
    program = """
        import asyncio
        from flows import Settings
        from service.cli.doctor import providers

        async def look():
            settings = Settings()
            for check in [*await providers.groq(settings), *await providers.wikimedia(settings)]:
                print(check.name, check.state, check.finding)

        asyncio.run(look())
    """
    environment = {
        "GROQ_API_KEY": "gsk_1",
        "WIKIMEDIA_CONTACT": "a@example.org",
        "LEARN_WIKIPEDIA_URL": "http://127.0.0.1:9/",
    }
    groq, _, wiktionary = said(program, **environment).splitlines()
    assert groq.startswith("groq fail GROQ_API_KEY: groq is not installed. Run: pip install")
    assert wiktionary.startswith("wiktionary fail WIKIMEDIA_CONTACT: mwparserfromhell is not installed.")


def test_all_is_every_extra():
    extras = PROJECT["optional-dependencies"]
    (everything,) = extras["all"]
    assert Requirement(everything).extras == set(extras) - {"all"}
    plain = {Requirement(line).name for line in PROJECT["dependencies"]}
    assert not plain & {Requirement(line).name for name in set(extras) - {"all"} for line in extras[name]}
