"""Breaks the rules of flows/core on purpose, shows which share of that their tests notice, and fails when it
is under 85 %.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
MUTMUT = str(Path(sys.executable).with_name("mutmut"))
LEAST = 0.85
NOTICED = {"killed", "timeout"}


def main() -> int:
    """Make every mutant anew, test each, and count. Takes minutes; other work goes first."""
    os.nice(10)
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    command = [MUTMUT, "run", "--max-children", str(os.cpu_count() or 1)]
    # on a terminal the progress is one line that counts; elsewhere it would be thousands
    run = subprocess.run(
        command, cwd=ROOT, check=False, text=True, stdout=None if sys.stdout.isatty() else subprocess.PIPE
    )
    if run.returncode:
        sys.stdout.write((run.stdout or "")[-4000:])
        return run.returncode
    listed = subprocess.run(
        [MUTMUT, "results", "--all", "true"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    found = [tuple(line.strip().rsplit(": ", 1)) for line in listed.splitlines() if ": " in line]
    return report([(name, status) for name, status in found if status != "skipped"])


def report(found: list[tuple[str, str]]) -> int:
    """Print what went unnoticed and the score by module; 1 when the whole is under the least, or nothing was
    tested.
    """
    by_module = defaultdict[str, Counter[bool]](Counter)
    for name, status in found:
        by_module[name.rpartition(".")[0]][status in NOTICED] += 1
        if status not in NOTICED:
            sys.stdout.write(f"{status:>12}  {name}\n")
    total = sum(by_module.values(), Counter[bool]())
    for module, count in [*sorted(by_module.items()), ("all", total)]:
        sys.stdout.write(
            f"{module:<24} {count[True]:>5} of {count.total():>5} noticed "
            f" {count[True] / count.total():7.1%}\n"
            if count
            else ""
        )
    score = total[True] / total.total() if total else 0.0
    if score >= LEAST:
        return 0
    sys.stdout.write(
        f"The tests notice {score:.1%} of the mutants; at least {LEAST:.0%} is required. `mutmut show NAME`"
        " shows one.\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
