"""`make bench`: ours beside the original and plain asyncio in the same world, and what our stack can do.

Bounded: about ten minutes. Figures of one run on one machine are to be compared with each other, not with
those of another. Writes one JSON file with everything, and prints a table.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests import guardian
from tests.benchmarks import report

HERE = Path(__file__).parent
PARTS = ("sides", "orchestration", "api", "launch", "watchers", "memory")
USUAL = PARTS[:-1]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--parts", default=",".join(USUAL), help=f"of {', '.join(PARTS)} (%(default)s)")
    add("--sides", default="ours,original,plain asyncio", help="who learns (%(default)s)")
    add("--seconds", type=float, default=45.0, help="of learning, a turn (%(default)g)")
    add("--turns", type=int, default=2, help="of each side, by turns (%(default)s)")
    add("--api-seconds", type=float, default=15.0, help="of asking the API (%(default)g)")
    add("--starts", type=int, default=3, help="of a job, to time launch and cancel (%(default)s)")
    add("--watchers", default="1000", help="comma-separated, 5000 too where the machine can (%(default)s)")
    add("--memory-minutes", type=float, default=60.0, help="of the part memory (%(default)g)")
    add("--out", type=Path, default=Path("bench.json"), help="(%(default)s)")
    return parser.parse_args()


def sides(given: argparse.Namespace, found: dict[str, Any]) -> None:
    from tests.benchmarks.peers.sides import SIDES, Missing

    chosen = given.sides.split(",")
    for turn in range(given.turns):
        # the order turns round, so that nobody is always the first
        for name in chosen if turn % 2 == 0 else reversed(chosen):
            try:
                figures = SIDES[name](given.seconds)
                say(f"{name}: {figures['entries']} entries, {figures['refused']} requests refused")
                found["turns"].append(figures)
            except Missing as missing:
                if turn == 0:
                    say(f"{name}: left out. {missing}")
                    found["turns"].append({"side": name, "skipped": str(missing)})


def orchestration(given: argparse.Namespace, found: dict[str, Any]) -> None:
    from tests.benchmarks.orchestration import measure

    found["orchestration"] = measure(given.seconds)


def api(given: argparse.Namespace, found: dict[str, Any]) -> None:
    from tests.benchmarks.api_load import measure

    found["api"] = {
        "with the model": measure(given.api_seconds, with_model=True),
        "on the lexicon": measure(given.api_seconds, with_model=False),
    }


def launch(given: argparse.Namespace, found: dict[str, Any]) -> None:
    from tests.benchmarks.bench_launch import measure

    found["launch"] = measure(given.starts)


def watchers(given: argparse.Namespace, found: dict[str, Any]) -> None:
    found["watchers"] = []
    for count in given.watchers.split(","):
        command = [sys.executable, str(HERE / "bench_watchers.py"), count, "6"]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        if told.returncode:
            say(f"{count} watchers: {told.stderr[-500:]}")
            continue
        found["watchers"].append(json.loads(told.stdout[told.stdout.index("{") :]))


def memory(given: argparse.Namespace, found: dict[str, Any]) -> None:
    from tests.benchmarks.memory import measure

    found["memory"] = measure(given.memory_minutes)


MEASURES: dict[str, Callable[[argparse.Namespace, dict[str, Any]], None]] = {
    "sides": sides,
    "orchestration": orchestration,
    "api": api,
    "launch": launch,
    "watchers": watchers,
    "memory": memory,
}


def say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", flush=True)


def main() -> None:
    given = arguments()
    guardian.begin()
    began = time.monotonic()
    found: dict[str, Any] = {"at": datetime.now(UTC).isoformat(), "machine": report.machine(), "turns": []}
    found["failed"] = {}
    for part in given.parts.split(","):
        say(part)
        try:
            MEASURES[part](given, found)
        except Exception as error:  # noqa: BLE001  what is measured stays, whatever becomes of the next part
            say(f"{part} failed: {type(error).__name__}: {error}")
            found["failed"][part] = f"{type(error).__name__}: {error}"
        found["took_s"] = time.monotonic() - began
        given.out.write_text(json.dumps(found, indent=1))
    where = found["machine"]
    print(f"\n{found['at'][:16]}, {where['cores']} cores, {where['cpu']}, {where['commit']}")
    print(report.table(found))
    print(f"\nAll of it is in {given.out} ({found['took_s']:.0f} s).")
    sys.exit(f"Failed: {', '.join(found['failed'])}" if found["failed"] else 0)


if __name__ == "__main__":
    main()
