"""Measures the house, and fails where it grows past its limits: `python .ci/floors.py [ROOT]`.

A file has at most 300 lines, a line at most 110 characters: notes to the linter and unbroken words count, and
only links in comments do not.

Every folder of code, also of the dashboard, the tests and `.ci`, holds at most 16 modules; an `__init__.py`
and a test that lies beside its code count as one each. `tests/flows` and `tests/service` mirror the houses:
each of their folders is named after a folder there, or after a module that has several files of tests.

A house is `flows/` or `service/`, a room is what lies in it: a folder with all under it, or a loose file. One
room uses another where a module of the one imports a module of the other, also inside a function or for a
type checker. Rooms that use each other in a circle share a floor. A room that uses no other is on the first
floor; any other is one above the highest that it uses. An arrow is upward that goes against the layers in
pyproject.toml; a room in none of them is undeclared. The door of a house or folder, its `__init__.py`, is no
room: it hands on names.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

HOUSES = ("flows", "service")
NONE = {"upward": 0, "undeclared": 0, "circles": 0}
LIMITS = {
    "flows": {"rooms": 18, "arrows": 62, "floors": 8, **NONE, "biggest folder": 16},
    "service": {"rooms": 16, "arrows": 36, "floors": 7, **NONE, "biggest folder": 16},
}
MOST_LINES, MOST_CHARACTERS, MOST_MODULES = 300, 110, 16
HAND_WRITTEN = (".py", ".ts", ".js", ".svelte", ".css")
MODULES = (".py", ".ts", ".js", ".svelte")
GENERATED = frozenset({"ui/src/api/schema.d.ts"})
NOT_OURS = frozenset({"node_modules", "dist", "mutants", "__pycache__"})
COMMENTED_LINK = re.compile(r"^(\s*(?:#|//|/?\*|<!--).*?)https?://\S+")
"""A link in a comment does not make it long, since it cannot be broken."""
Arrows = Mapping[str, set[str]]


def modules_of(root: Path, house: str) -> dict[str, Path]:
    """The modules of a house by their names."""
    found = {}
    for path in sorted((root / house).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path: Path, names: Iterable[str]) -> Iterator[str]:
    """The modules among these that a file imports."""
    known = set(names)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                named = f"{node.module}.{alias.name}"
                if found := next((name for name in (named, node.module) if name in known), None):
                    yield found


def arrows_of(root: Path, house: str) -> dict[str, set[str]]:
    """Which rooms each room uses."""
    modules = modules_of(root, house)
    arrows: dict[str, set[str]] = {room_of(name): set() for name in modules if name != house}
    for name, path in modules.items():
        if name != house:
            used = {room_of(other) for other in imported(path, modules) if other != house}
            arrows[room_of(name)] |= used - {room_of(name)}
    return arrows


def room_of(module: str) -> str:
    """The room that a module is in."""
    return ".".join(module.split(".")[:2])


def reachable(arrows: Arrows, room: str) -> set[str]:
    """All rooms that a room uses, or that those use."""
    seen: set[str] = set()
    ahead = list(arrows[room])
    while ahead:
        if (other := ahead.pop()) not in seen:
            seen.add(other)
            ahead += arrows[other]
    return seen


def circles_of(arrows: Arrows) -> list[list[str]]:
    """The groups of rooms that use each other."""
    beyond = {room: reachable(arrows, room) for room in arrows}
    groups = {
        tuple(sorted(other for other in beyond[room] if room in beyond[other]))
        for room in arrows
        if room in beyond[room]
    }
    return [list(group) for group in sorted(groups)]


def floors_of(arrows: Arrows) -> int:
    """The floors that the rooms stand on."""
    circle = {room: tuple(group) for group in circles_of(arrows) for room in group}
    floors: dict[str, int] = {}

    def floor(room: str) -> int:
        if room not in floors:
            mine = circle.get(room, (room,))
            below = {other for one in mine for other in arrows[one]} - set(mine)
            height = 1 + max((floor(other) for other in below), default=0)
            floors.update(dict.fromkeys(mine, height))
        return floors[room]

    return max(map(floor, arrows), default=0)


def layers_of(root: Path) -> list[list[list[str]]]:
    """The layers that the project declares, from the top down, each with its rooms by full name."""
    tool = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8")).get("tool", {})
    contracts = tool.get("importlinter", {}).get("contracts", [])
    return [
        [
            [".".join(filter(None, (house, name.strip()))) for name in re.split("[|:]", layer)]
            for layer in contract["layers"]
        ]
        for contract in contracts
        if contract["type"] == "layers"
        for house in contract.get("containers", [""])
    ]


def upward_of(arrows: Arrows, layers: Iterable[list[list[str]]]) -> list[str]:
    """The arrows that go against declared layers."""
    found = []
    for order in layers:
        depth = {room: number for number, layer in enumerate(order) for room in layer}
        found += [
            f"{room} -> {other}"
            for room, used in arrows.items()
            for other in used
            if room in depth and other in depth and depth[other] < depth[room]
        ]
    return sorted(found)


def undeclared_of(arrows: Arrows, layers: Iterable[list[list[str]]]) -> list[str]:
    """The rooms that stand in no declared layer."""
    declared = {room for order in layers for layer in order for room in layer}
    return sorted(arrows.keys() - declared)


def hand_written(root: Path, folder: Path | None = None) -> Iterator[Path]:
    """The files that people write, of the languages that have limits."""
    for path in sorted((folder or root).iterdir()):
        is_hidden = path.name.startswith(".") and path.name != ".ci"
        if path.is_dir() and not path.is_symlink() and not is_hidden and path.name not in NOT_OURS:
            yield from hand_written(root, path)
        elif path.suffix in HAND_WRITTEN and path.relative_to(root).as_posix() not in GENERATED:
            yield path


def too_long(root: Path) -> tuple[list[str], list[str]]:
    """The files with too many lines, and the lines with too many characters."""
    files, lines = [], []
    for path in hand_written(root):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8").splitlines()
        if len(text) > MOST_LINES:
            files.append(f"{name} ({len(text)})")
        lines += [
            f"{name}:{number} ({len(line)})"
            for number, line in enumerate(text, 1)
            if len(COMMENTED_LINK.sub(r"\1", line)) > MOST_CHARACTERS
        ]
    return files, lines


def too_full(root: Path) -> list[str]:
    """The folders with too many modules, wherever people write code."""
    folders = Counter(
        path.parent.relative_to(root).as_posix() for path in hand_written(root) if path.suffix in MODULES
    )
    return [f"{folder} ({count})" for folder, count in sorted(folders.items()) if count > MOST_MODULES]


def astray(root: Path) -> list[str]:
    """The folders of tests that mirror neither a folder of a house nor a module."""
    folders = {path.parent for house in HOUSES for path in (root / "tests" / house).rglob("*.py")}
    found = []
    for folder in sorted(folders):
        mirrored = root / folder.relative_to(root / "tests")
        if not (any(mirrored.glob("*.py")) or mirrored.with_suffix(".py").is_file()):
            found.append(folder.relative_to(root).as_posix())
    return found


def main() -> int:
    """Print the table; 1 when a limit is passed."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1]).resolve()
    problems: list[str] = []
    say(f"{'':10}" + "".join(f"{what:>16}" for what in LIMITS["flows"]))
    for house in HOUSES:
        arrows, details = arrows_of(root, house), {}
        folders = Counter(path.parent.relative_to(root) for path in modules_of(root, house).values())
        folder, biggest = folders.most_common(1)[0]
        layers, circles = layers_of(root), circles_of(arrows)
        details["upward"], details["undeclared"] = upward_of(arrows, layers), undeclared_of(arrows, layers)
        details["circles"] = [" <-> ".join(circle) for circle in circles]
        details["biggest folder"] = [folder.as_posix()]
        counts = {
            "rooms": len(arrows),
            "arrows": sum(map(len, arrows.values())),
            "floors": floors_of(arrows),
            "upward": len(details["upward"]),
            "undeclared": len(details["undeclared"]),
            "circles": len(circles),
            "biggest folder": biggest,
        }
        say(f"{house + '/':10}" + "".join(f"{count:>16}" for count in counts.values()))
        for what, count in counts.items():
            if count > (limit := LIMITS[house][what]):
                named = ", ".join(details.get(what, []))
                problems.append(f"{house}/: {what}: {count}, at most {limit}{': ' if named else ''}{named}")
    long, lines = too_long(root)
    full, lost = too_full(root), astray(root)
    say(f"files over {MOST_LINES} lines: {len(long)}, lines over {MOST_CHARACTERS} characters: {len(lines)}")
    say(
        f"folders over {MOST_MODULES} modules: {len(full)}, folders of tests that mirror nothing: {len(lost)}"
    )
    problems += [f"over {MOST_LINES} lines: {file}" for file in long]
    problems += [f"over {MOST_CHARACTERS} characters: {line}" for line in lines]
    problems += [f"over {MOST_MODULES} modules: {folder}" for folder in full]
    problems += [f"mirrors nothing in flows/ or service/: {folder}" for folder in lost]
    for problem in problems:
        say(problem)
    return 1 if problems else 0


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
