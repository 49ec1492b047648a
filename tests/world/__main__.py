"""`python -m tests.world`: the world by itself, for as long as nobody stops it."""

from __future__ import annotations

import argparse
import contextlib
import json
from pathlib import Path

from tests.world.chat.limits import PLANS
from tests.world.control import environment
from tests.world.faults import Fault
from tests.world.running import listening, server
from tests.world.state import Settings


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.world",
        description="A stand-in for Groq, Wikipedia and Wiktionary on 127.0.0.1.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--plan", choices=PLANS, default="free", help="limits of each Groq model")
    parser.add_argument("--latency", type=float, default=1.0, help="factor on every delay; 0 answers at once")
    parser.add_argument(
        "--level", type=float, default=1.0, help="share of a minute's limits that is there at the start"
    )
    parser.add_argument("--day-level", type=float, default=1.0, help="likewise of a day's")
    parser.add_argument(
        "--proposing",
        choices=("zipf", "lexicon"),
        default="zipf",
        help="zipf repeats itself as real models do",
    )
    parser.add_argument(
        "--obedience", type=float, default=0.7, help="share of words that come from the cell asked for"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--faults", type=Path, help="a JSON file with a list of faults; more over PUT and POST /world/faults"
    )
    given = parser.parse_args()
    faults = (
        tuple(Fault.model_validate(fault) for fault in json.loads(given.faults.read_text()))
        if given.faults
        else ()
    )
    settings = Settings(
        plan=given.plan,
        latency=given.latency,
        level=given.level,
        day_level=given.day_level,
        proposing=given.proposing,
        obedience=given.obedience,
        seed=given.seed,
        faults=faults,
    )
    with listening(given.port) as listener, contextlib.suppress(KeyboardInterrupt):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        for name, value in environment(url, settings).items():
            print(f"export {name}={value}", flush=True)  # noqa: T201  what a shell is to take over
        print(f"# report: {url}/world/report", flush=True)  # noqa: T201
        server(settings).run(sockets=[listener])


if __name__ == "__main__":
    main()
