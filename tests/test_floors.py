"""How the house is measured: on small houses, whose figures can be counted by hand."""

from __future__ import annotations

import importlib.util
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = """
[[tool.importlinter.contracts]]
type = "layers"
layers = ["flows.top", "flows.left | flows.right", "flows.ground"]

[[tool.importlinter.contracts]]
type = "layers"
containers = ["service"]
layers = ["app", "rest : tools"]
"""


@pytest.fixture(scope="module")
def floors():
    spec = importlib.util.spec_from_file_location("floors", ROOT / ".ci" / "floors.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def house(tmp_path):
    """A small house: what is in which file."""

    def build(**files):
        (tmp_path / "pyproject.toml").write_text(LAYERS)
        given = {"flows__init": "", "service__init": "", "service__app": "", **files}
        for name, text in given.items():
            path = tmp_path / f"{name.replace('__', '/')}.py".replace("/init", "/__init__")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return build


def test_rooms_arrows_and_floors_are_counted_once_whatever_the_imports_look_like(floors, house):
    root = house(
        flows__init="from flows.top import go",
        flows__top="import flows.left.a\nfrom flows.left import a\nfrom flows import right",
        flows__left__init="",
        flows__left__a="from flows.left.b import x",
        flows__left__b="def x():\n    from flows.ground import y",
        flows__right="import os\nfrom service import app",
        flows__ground="",
    )
    arrows = floors.arrows_of(root, "flows")
    assert {room: sorted(used) for room, used in arrows.items()} == {
        "flows.top": ["flows.left", "flows.right"],
        "flows.left": ["flows.ground"],
        "flows.right": [],
        "flows.ground": [],
    }
    assert floors.floors_of(arrows) == 3
    assert floors.circles_of(arrows) == []


def test_rooms_in_a_circle_share_a_floor_and_are_named(floors):
    arrows = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}
    assert floors.circles_of(arrows) == [["b", "c"]]
    assert floors.floors_of(arrows) == 3


def test_arrow_against_the_declared_layers_is_upward(floors, house):
    root = house(flows__top="", flows__left="", flows__ground="from flows.top import x")
    assert floors.upward_of(floors.arrows_of(root, "flows"), floors.layers_of(root)) == [
        "flows.ground -> flows.top"
    ]


def test_layers_of_a_house_are_named_in_full_or_within_it(floors, house):
    root = house(service__tools="from service.app import x")
    assert floors.layers_of(root)[1] == [["service.app"], ["service.rest", "service.tools"]]
    assert floors.upward_of(floors.arrows_of(root, "service"), floors.layers_of(root)) == [
        "service.tools -> service.app"
    ]


@pytest.mark.parametrize(
    "built", [{"service__new": ""}, {"service__new__init": ""}, {"service__new__deep__a": "import os"}]
)
def test_room_that_stands_in_no_layer_is_named(floors, house, monkeypatch, capsys, built):
    monkeypatch.setattr("sys.argv", ["floors.py", str(house(flows__top="", **built))])
    assert floors.main() == 1
    assert "service/: undeclared: 1, at most 0: service.new" in capsys.readouterr().out.splitlines()


def test_only_links_in_comments_make_no_line_too_long(floors, house):
    long = "x" * 120
    link = f"https://example.org/{long}"
    lines = [
        f"# see {link}",
        f"# {long}",
        long,
        f"x = 1  # noqa: {long}",
        f"x = 1  # type: ignore[{long}]",
        link,
    ]
    root = house(flows__a="\n".join(lines), flows__b="\n" * 301)
    (root / "ui").mkdir()
    (root / "ui/a.ts").write_text(f"// see {link}\n * {link}\n<!-- {link}\nconst a = '{link}'\n")
    assert floors.too_long(root) == (
        ["flows/b.py (301)"],
        [
            "flows/a.py:2 (122)",
            "flows/a.py:3 (120)",
            "flows/a.py:4 (135)",
            "flows/a.py:5 (143)",
            "flows/a.py:6 (140)",
            "ui/a.ts:4 (152)",
        ],
    )


@pytest.mark.parametrize("place", ["tests/world", "ui/src/job", ".ci"])
def test_folders_outside_the_houses_have_the_same_limit(floors, house, monkeypatch, capsys, place):
    root = house(flows__top="")
    folder = root / place
    folder.mkdir(parents=True)
    kinds = ["a.py", "b.ts", "b.test.ts", "c.svelte", "d.js"]
    for name in [*kinds, *(f"n{n}.py" for n in range(10)), "__init__.py", "looks.css", "data.json"]:
        (folder / name).write_text("")
    assert floors.too_full(root) == []
    (folder / "one_more.ts").write_text("")
    monkeypatch.setattr("sys.argv", ["floors.py", str(root)])
    assert floors.main() == 1
    assert f"over 16 modules: {place} (17)" in capsys.readouterr().out.splitlines()


def test_folders_of_tests_mirror_folders_and_modules_of_the_houses(floors, house, monkeypatch, capsys):
    root = house(
        flows__stores__sqlite__part="",
        flows__core__words="",
        tests__flows__test_whole="",
        tests__flows__stores__sqlite__test_part="",
        tests__flows__core__words__test_keys="",
        tests__world__anything__app="",
    )
    (root / "tests/flows/stores/earlier").mkdir()
    assert floors.astray(root) == [], "a folder without modules holds data"
    house(
        tests__flows__runs__test_big="",
        tests__flows__core__phrases__test_x="",
        tests__service__web__test_y="",
    )
    monkeypatch.setattr("sys.argv", ["floors.py", str(root)])
    assert floors.main() == 1
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "mirrors nothing in flows/ or service/: tests/flows/core/phrases",
        "mirrors nothing in flows/ or service/: tests/flows/runs",
        "mirrors nothing in flows/ or service/: tests/service/web",
    ]


def test_pytest_looks_into_every_folder_of_tests(pytestconfig):
    left_out = pytestconfig.getini("norecursedirs")
    folders = {part for path in (ROOT / "tests").rglob("*.py") for part in path.relative_to(ROOT).parts[:-1]}
    assert [name for name in folders if any(fnmatch(name, pattern) for pattern in left_out)] == []


def test_limit_that_is_passed_is_one_clear_line(floors, house, monkeypatch, capsys):
    root = house(**{f"flows__n{n}": "" for n in range(16)})  # and its door
    monkeypatch.setattr("sys.argv", ["floors.py", str(root)])
    assert floors.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert "flows/: biggest folder: 17, at most 16: flows" in lines


def test_house_within_its_limits_passes(floors, house, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["floors.py", str(house(flows__top=""))])
    assert floors.main() == 0
    assert "files over 300 lines: 0, lines over 110 characters: 0" in capsys.readouterr().out
